#include "postgres_trial.hpp"

#include <fmt/format.h>

#include <cmath>
#include <future>
#include <sstream>
#include <stdexcept>

#include "base/text.hpp"
#include "trial.hpp"

namespace hostile {

using namespace gateway;

PostgresTrial::PostgresTrial(const decltype(Settings::postgres)& settings) : upstream_(settings) {
  for (const auto& source : sources()) {
    if (source.upstream == "postgres") setups_.push_back({&source, settings.pace});
  }
  Settings all;
  all.backoff_cap = std::chrono::seconds(60);
  auto& keep = all.retention;
  keep.history_fine = keep.history_minutes = keep.history_quarters = keep.event_retention = std::chrono::hours(24 * 14);
  store_.begin({.sources = setups_,
                .retention = all.retention,
                .strategies = all.strategies,
                .backoff_cap = all.backoff_cap,
                .version = "1",
                .now = unix_now(),
                .publish_within = std::chrono::seconds(10)});
}

void PostgresTrial::attempt(Milliseconds allowed) {
  std::vector<Job> jobs;
  for (const auto& setup : setups_)
    jobs.push_back({.source = setup.source, .prior = store_.prior_state(*setup.source, unix_now() + later_s_)});
  const Deadline deadline(allowed);
  auto running = std::async(std::launch::async, [&] { return upstream_.attempt(jobs, deadline); });
  while (running.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    if (deadline.passed()) upstream_.cancel();
  }
  const auto outcomes = running.get();
  const auto errors = store_.apply(
      outcomes, setups_, {.upstream = "postgres", .next_attempt_at = unix_now() + 10, .failures_for_outage = 2, .failing_for_s = {}});
  classes_.clear();
  errors_.clear();
  more_ = false;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    classes_[outcomes[i].source] = errors[i] ? std::string(to_string(errors[i]->kind)) : "rows";
    if (errors[i]) errors_.push_back(*errors[i]);
    more_ |= outcomes[i].result && outcomes[i].result->more;
  }
  store_.tidy(unix_now());
}

void PostgresTrial::attempt_all() {
  constexpr int most = 50;
  for (int n = 0; n < most; ++n) {
    attempt();
    if (!more_ || !errors_.empty()) return;
  }
  throw std::runtime_error("a source asks for more without an end");
}

void PostgresTrial::pass() {
  constexpr std::int64_t pass_after_s = 601;
  constexpr int steps = 12;
  later(pass_after_s);
  for (int n = 0; n < steps; ++n) attempt();
}

std::string PostgresTrial::note(const std::string& source) const {
  return read("SELECT coalesce(note, '') FROM source_status WHERE source = '" + source + "'");
}

std::string PostgresTrial::read(const std::string& sql) const {
  std::string all;
  for (const auto& row : store_.query(sql).rows) {
    if (!all.empty()) all += '\n';
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) all += '|';
      if (is_null(row[c])) all += "NULL";
      else if (const auto whole = integer(row[c])) all += std::to_string(*whole);
      else if (const auto real = number(row[c])) all += fmt::format("{}", *real);
      else all += text(row[c]).value_or("");
    }
  }
  return all;
}

::testing::AssertionResult all_rows(const PostgresTrial& trial) {
  for (const auto& [source, kind] : trial.classes()) {
    if (kind != "rows") return ::testing::AssertionFailure() << source << ": " << kind << ": " << trial.errors().at(0).text;
  }
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult views_are_sound(const PostgresTrial& trial) {
  std::istringstream views(trial.read("SELECT name FROM sqlite_schema WHERE type = 'view'"));
  for (std::string view; std::getline(views, view);) {
    const auto shown = trial.read(fmt::format("SELECT * FROM {}", view));
    for (const char* none : {"inf|", "nan|", "-inf|", "inf\n"}) {
      if (shown.find(std::string("|") + none) != std::string::npos) return ::testing::AssertionFailure() << view << " shows " << none;
    }
    if (clean_utf8(shown) != shown) return ::testing::AssertionFailure() << view << " shows text that is not clean";
  }
  return ::testing::AssertionSuccess();
}

}  // namespace hostile
