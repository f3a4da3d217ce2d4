#include "commands/why.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/deadline.hpp"
#include "base/text.hpp"
#include "cache/cache_file.hpp"
#include "cache/database.hpp"
#include "check/remedy.hpp"
#include "commands/table.hpp"

namespace gateway {
namespace {

constexpr std::size_t shown_attempts = 10;

std::string word(const Value& value) { return shortened(one_line(text(value).value_or("-")), 300); }
std::string milliseconds(const Value& value) {
  const auto ms = number(value);
  return ms ? fmt::format("{:.1f}", *ms) : "-";
}
std::string time_of(const Value& value) {
  const auto at = number(value);
  return at ? readable_time(*at) : "-";
}

// In which phase an attempt ended. A failed one has times for the phases that it completed.
std::string phase_of(const Table& attempts, std::size_t row) {
  const auto error_class = text(attempts.at(row, "error_class"));
  if (!error_class) return "done";
  const auto error = text(attempts.at(row, "error")).value_or("");
  const auto says = [&](const char* part) { return error.find(part) != std::string::npos; };
  if (*error_class == "dns") return "look-up";
  if (*error_class == "refused" || *error_class == "tls" || says("connecting") || says("no connection")) return "connect";
  if (!is_null(attempts.at(row, "parse_ms"))) return "parse";
  if (!is_null(attempts.at(row, "read_ms"))) return "read";
  if (*error_class == "auth" && is_null(attempts.at(row, "wait_ms"))) return "log in";
  return "wait";
}

std::string result_of(const Table& attempts, std::size_t row) {
  if (const auto error_class = text(attempts.at(row, "error_class"))) return shortened(one_line(*error_class), 20);
  const auto rows = integer(attempts.at(row, "rows")).value_or(0);
  return fmt::format("{} row{}", rows, rows == 1 ? "" : "s");
}

// The newest attempt whose result is of another kind than the last one's.
std::string what_changed(const Table& attempts) {
  const auto kind = [&](std::size_t row) { return text(attempts.at(row, "error_class")).value_or("answered"); };
  std::size_t same = 1;
  while (same < attempts.rows.size() && kind(same) == kind(0)) ++same;
  const auto since = time_of(attempts.at(same - 1, "time"));
  if (same == attempts.rows.size()) return fmt::format("no change in the {} attempts on record, since {}", same, since);
  return fmt::format("since {} ({} attempts); before that: {}", since, same, shortened(one_line(kind(same)), 20));
}

std::string when_next(const Value& next) {
  const auto at = number(next);
  if (!at) return "-";
  const auto left = *at - static_cast<double>(unix_now());
  return left >= 0 ? fmt::format("in {} ({})", readable_seconds(left), readable_time(*at))
                   : fmt::format("due {} ago ({})", readable_seconds(-left), readable_time(*at));
}

std::string what_to_do(const Table& sources, std::size_t row) {
  const auto freshness = text(sources.at(row, "freshness")).value_or("");
  const auto upstream = text(sources.at(row, "upstream")).value_or("");
  if (freshness == "off") return fmt::format("nothing: the settings of {} leave it out (an empty URL or API key)", upstream);
  if (const auto error_class = text(sources.at(row, "error_class")))
    return remedy_of(upstream, *error_class, text(sources.at(row, "error")).value_or(""));
  if (freshness == "fresh") return "nothing";
  return "see whether the gateway runs: cache-gateway ping";
}

void print_source(const Table& sources, std::size_t row, const Table& attempts, bool colour, std::ostream& out) {
  const auto age = number(sources.at(row, "age_s"));
  out << fmt::format("{}  {}; last success {}{}\n", word(sources.at(row, "source")), coloured(word(sources.at(row, "freshness")), colour),
                     age ? time_of(sources.at(row, "last_success_at")) : "never", age ? ", " + readable_seconds(*age) + " ago" : "");
  if (!is_null(sources.at(row, "error_class")))
    out << fmt::format("  error    {}: {}\n", word(sources.at(row, "error_class")),
                       shortened(one_line(text(sources.at(row, "error")).value_or("-")), 1000));
  if (!is_null(sources.at(row, "note"))) out << fmt::format("  note     {}\n", word(sources.at(row, "note")));
  if (attempts.empty()) {
    out << fmt::format("  do       {}\n", what_to_do(sources, row));
    return;
  }
  out << fmt::format("  changed  {}\n", what_changed(attempts));
  out << fmt::format("  next     {}; every {} s while it answers\n", when_next(sources.at(row, "next_attempt_at")),
                     number(sources.at(row, "interval_s")).value_or(0));
  out << fmt::format("  do       {}\n", what_to_do(sources, row));
  TextTable table{.header = {"ATTEMPT (UTC)", "RESULT", "ENDED IN", "MS", "CONNECT", "WAIT", "READ", "PARSE"},
                  .rows = {},
                  .right = {false, false, false, true, true, true, true, true}};
  for (std::size_t i = 0; i < std::min(shown_attempts, attempts.rows.size()); ++i) {
    const auto ms = [&](const char* column) { return milliseconds(attempts.at(i, column)); };
    table.rows.push_back({time_of(attempts.at(i, "time")), result_of(attempts, i), phase_of(attempts, i), ms("duration_ms"),
                          ms("connect_ms"), ms("wait_ms"), ms("read_ms"), ms("parse_ms")});
  }
  print_table(table, colour, out);
}

// What all sources have in common: the gateway, or the way from it to here.
void print_gateway(const Table& gateway, std::ostream& out) {
  if (gateway.empty()) return;
  const auto at = [&](const char* column) { return gateway.at(0, column); };
  const auto age = readable_seconds(number(at("age_s")).value_or(0));
  if (const auto origin = text(at("copy_of"))) {
    out << fmt::format("this is a copy of {}, published {} ago\n", word(*origin), age);
    const auto error = text(at("copy_error"));
    if (error)
      out << fmt::format("  error    nothing newer comes since {}: {}\n  do       {}\n", time_of(at("copy_failing_since")),
                         shortened(one_line(*error), 1000),
                         one_line(remedy_of_follower(*origin, error->substr(0, error->find(": ")), *error)));
    if (!error && text(at("freshness")) == "stale") out << "its gateway uploads nothing; on that host: cache-gateway why object_store\n";
  } else if (text(at("freshness")) == "stale") {
    out << fmt::format("the gateway is down: it last published {} ago; start it first (its log has the reason)\n", age);
  }
  if (!is_null(at("maintenance"))) out << fmt::format("planned maintenance: {}\n", word(at("maintenance")));
}

int answer(SQLite::Database& database, const std::string& name, bool colour, std::ostream& out, std::ostream& err) {
  const auto all = read_table(database,
                              "SELECT source, upstream, freshness, last_success_at, age_s, error_class, error, note, next_attempt_at, "
                              "interval_s FROM source_status");
  print_gateway(read_table(database, "SELECT freshness, age_s, maintenance, copy_of, copy_error, copy_failing_since FROM gateway"), out);
  bool found = false, fresh = true;
  for (std::size_t row = 0; row < all.rows.size(); ++row) {
    const auto source = text(all.at(row, "source")).value_or("");
    if (source != name && text(all.at(row, "upstream")) != name) continue;
    if (found) out << '\n';
    found = true;
    fresh &= text(all.at(row, "freshness")) == "fresh" || text(all.at(row, "freshness")) == "off";
    const auto attempts = read_table(database,
                                     "SELECT time, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, rows, error_class, error "
                                     "FROM source_attempt WHERE source = ?",
                                     {source});
    print_source(all, row, attempts, colour, out);
  }
  if (found) return fresh ? 0 : 3;
  err << fmt::format("{}: there is no such source; there are:", one_line(name));
  for (std::size_t row = 0; row < all.rows.size(); ++row) err << ' ' << word(all.at(row, "source"));
  err << '\n';
  return 2;
}

}  // namespace

int why(const std::filesystem::path& cache, const std::string& name, bool colour, std::ostream& out, std::ostream& err) {
  try {
    auto database = open_published(cache);
    return answer(database, name, colour, out, err);
  } catch (const SQLite::Exception& e) {
    err << fmt::format("{}: no readable cache ({}); start the gateway, or set CACHE_PATH\n", cache.string(), e.what());
    return 4;
  }
}

}  // namespace gateway
