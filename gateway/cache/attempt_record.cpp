#include "cache/attempt_record.hpp"

#include <set>

#include "base/text.hpp"

namespace gateway {
namespace {

Value class_of(const Error& error) { return std::string(to_string(error.kind)); }
Value means(const Error& error) { return std::string(to_string(implication(error.kind))); }

std::int64_t next_attempt_of(const Source& source, const AttemptReport& report) {
  return source.name.ends_with(".health") ? report.next_probe_at.value_or(report.next_attempt_at) : report.next_attempt_at;
}

void note_failure(Database& database, const Outcome& outcome, const Error& error, const Source& source, const AttemptReport& report) {
  const auto failing = report.failing_for_s.find(source.name);
  database.run(
      "UPDATE source SET last_attempt_at = ?, next_attempt_at = ?, duration_ms = ?, consecutive_failures = consecutive_failures + 1, "
      "failing_for_s = max(failing_for_s, ?), error_class = ?, error = ?, failure_means = ?, state = ? WHERE source = ?",
      {outcome.sent_at, next_attempt_of(source, report), outcome.timing.duration_ms,
       failing == report.failing_for_s.end() ? 0.0 : failing->second, class_of(error), error.text, means(error),
       error.kind == ErrorClass::missing ? "missing" : "on", source.name});
}

void note_success(Database& database, const Outcome& outcome, const Source& source, const AttemptReport& report) {
  const Row row{outcome.sent_at, next_attempt_of(source, report), outcome.timing.duration_ms, source.name,
                outcome.sent_at - outcome.age_s - outcome.result->age_s};
  database.run("UPDATE source SET note = nullif(?1, '') WHERE source = ?2 AND note IS NOT nullif(?1, '')", {outcome.note, source.name});
  if (!outcome.result->answered) {
    database.run("UPDATE source SET last_attempt_at = ?, next_attempt_at = ?, duration_ms = ? WHERE source = ?",
                 {outcome.sent_at, next_attempt_of(source, report), outcome.timing.duration_ms, source.name});
    return;
  }
  database.run(
      "UPDATE source SET last_attempt_at = ?1, last_success_at = ?5, next_attempt_at = ?2, duration_ms = ?3, consecutive_failures = 0, "
      "failing_for_s = 0, error_class = NULL, error = NULL, failure_means = NULL, state = 'on' WHERE source = ?4",
      row);
  // Counted last: retention runs in triggers on the success above.
  database.run("UPDATE source SET rows = ? WHERE source = ?", {database.query(source.row_count_sql).rows.at(0).at(0), source.name});
}

// The failure that the whole attempt ended with. An absent table or endpoint is an answer too: whoever gives it is alive.
const Outcome* failure_of(std::span<const Outcome> outcomes) {
  for (const auto& outcome : outcomes) {
    if (outcome.result || outcome.result.error().kind == ErrorClass::missing) return nullptr;
  }
  return outcomes.empty() ? nullptr : &outcomes.front();
}

}  // namespace

bool record_attempt(Database& database, const Outcome& outcome, const std::optional<Error>& error, const Source& source,
                    const AttemptReport& report) {
  const auto seen = [&] {
    return database.query(
        "SELECT state, error_class, error, failure_means, note, rows, last_success_at IS NULL FROM source WHERE source = ?", {source.name});
  };
  const auto before = seen();
  const auto& t = outcome.timing;
  database.run(
      "INSERT INTO attempt (source, time, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, requests, rows, error_class, error, means) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {outcome.source, outcome.sent_at, t.duration_ms, maybe(t.connect_ms), maybe(t.wait_ms), maybe(t.read_ms), maybe(t.parse_ms),
       outcome.requests, error ? Value{} : Value{outcome.result->rows}, error ? class_of(*error) : Value{},
       error ? Value{error->text} : Value{}, error ? means(*error) : Value{}});
  if (error) note_failure(database, outcome, *error, source, report);
  else note_success(database, outcome, source, report);
  return seen().rows != before.rows;
}

void record_errors(Database& database, std::span<const Outcome> outcomes, std::span<const std::optional<Error>> errors,
                   const AttemptReport& report) {
  std::set<std::pair<ErrorClass, std::string>> seen;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& error = errors[i];
    if (!error || error->kind == ErrorClass::missing || !seen.emplace(error->kind, error_pattern(error->text)).second) continue;
    database.run("INSERT INTO error_sample (service, kind, message, time) VALUES (?, ?, ?, ?)",
                 {report.upstream, class_of(*error), error->text, outcomes[i].sent_at});
  }
}

bool record_outage(Database& database, std::span<const Outcome> outcomes, const AttemptReport& report) {
  const auto* failed = failure_of(outcomes);
  if (failed == nullptr) {
    const auto ended = database.run("UPDATE outage_log SET ended_at = ? WHERE upstream = ? AND ended_at IS NULL",
                                    {outcomes.empty() ? 0 : outcomes.front().sent_at, report.upstream});
    database.run("DELETE FROM upstream WHERE upstream = ?", {report.upstream});
    return ended > 0;
  }
  database.run(
      "INSERT INTO upstream (upstream, failures, first_failed_at) VALUES (?, 1, ?) "
      "ON CONFLICT (upstream) DO UPDATE SET failures = failures + 1",
      {report.upstream, failed->sent_at});
  const auto& error = failed->result.error();
  return 0 < database.run(
                 "INSERT INTO outage_log (upstream, started_at, error_class, error) SELECT upstream, first_failed_at, ?, ? FROM upstream "
                 "WHERE upstream = ? AND failures >= ? AND NOT EXISTS "
                 "(SELECT 1 FROM outage_log o WHERE o.upstream = upstream.upstream AND o.ended_at IS NULL)",
                 {class_of(error), error.text, report.upstream, std::int64_t{report.failures_for_outage}});
}

}  // namespace gateway
