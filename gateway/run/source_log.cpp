#include "run/source_log.hpp"

#include <fmt/format.h>

#include "base/source.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

constexpr auto log_again = std::chrono::seconds{30};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

void SourceLog::add(const std::string& source, double age_s) { states_[source].already_s = age_s; }

double SourceLog::failing_for_s(const std::string& source) const {
  const auto found = states_.find(source);
  return found == states_.end() ? 0 : found->second.already_s + seconds_since(found->second.good_at);
}

void SourceLog::note(const Outcome& outcome, const std::optional<Error>& error) {
  auto& state = states_[outcome.source];
  log(Level::debug, "attempt",
      {{"source", outcome.source},
       {"duration_ms", fmt::format("{:.1f}", outcome.timing.duration_ms)},
       {"result", std::string(error ? to_string(error->kind) : "rows")}});
  if (!error) {
    if (state.failing)
      log(Level::info, "source_recovered", {{"source", outcome.source}, {"after_s", fmt::format("{:.1f}", seconds_since(state.good_at))}});
    if (!outcome.note.empty() && outcome.note != state.noted)
      log(Level::warn, "source_note", {{"source", outcome.source}, {"note", outcome.note}});
    state = SourceState{};
    state.noted = outcome.note;
    return;
  }
  const bool news = !state.failing || state.kind != error->kind;
  if (news || Clock::now() - state.logged_at >= log_again) {
    log(Level::warn, "source_failed", {{"source", outcome.source}, {"class", std::string(to_string(error->kind))}, {"error", error->text}});
    state.logged_at = Clock::now();
  }
  state.failing = true;
  state.kind = error->kind;
}

}  // namespace gateway
