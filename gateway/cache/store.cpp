#include "cache/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <SQLiteCpp/Backup.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cache/cache_file.hpp"

namespace gateway {
namespace {

void bind_row(SQLite::Statement& statement, const Row& row, int first = 1) {
  for (const auto& value : row) {
    if (is_null(value)) statement.bind(first);
    else if (const auto* i = std::get_if<std::int64_t>(&value)) statement.bind(first, *i);
    else if (const auto* d = std::get_if<double>(&value)) statement.bind(first, *d);
    else statement.bind(first, std::get<std::string>(value));
    ++first;
  }
}

Value value_of(const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER: return static_cast<std::int64_t>(column.getInt64());
    case SQLITE_FLOAT: return column.getDouble();
    case SQLITE_NULL: return {};
    default: return column.getString();
  }
}

Table gather(SQLite::Statement& statement, const Row& parameters) {
  Table table;
  for (int c = 0; c < statement.getColumnCount(); ++c) table.columns.emplace_back(statement.getColumnName(c));
  bind_row(statement, parameters);
  while (statement.executeStep()) {
    Row row;
    for (int c = 0; c < statement.getColumnCount(); ++c) row.push_back(value_of(statement.getColumn(c)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string placeholders(std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

std::string joined(const std::vector<std::string>& parts, const char* pattern, const char* separator) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += fmt::format(fmt::runtime(pattern), part);
  }
  return text;
}

std::int64_t whole_seconds(Milliseconds ms) { return std::chrono::ceil<std::chrono::seconds>(ms).count(); }
double seconds(Milliseconds ms) { return static_cast<double>(ms.count()) / 1000; }

class WithoutTriggers {
 public:
  explicit WithoutTriggers(SQLite::Database& database) : handle_(database.getHandle()) { enable(0); }
  ~WithoutTriggers() { enable(1); }
  WithoutTriggers(const WithoutTriggers&) = delete;
  WithoutTriggers& operator=(const WithoutTriggers&) = delete;

 private:
  void enable(int on) { sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, on, nullptr); }
  sqlite3* handle_;
};

// Another file as the schema `old`.
class Attached {
 public:
  Attached(SQLite::Database& database, const std::string& uri) : database_(database) {
    SQLite::Statement attach(database, "ATTACH ? AS old");
    attach.bind(1, uri);
    attach.exec();
  }
  ~Attached() { database_.tryExec("DETACH old"); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  SQLite::Database& database_;
};

}  // namespace

Table read_table(SQLite::Database& database, const std::string& sql, const Row& parameters) {
  SQLite::Statement statement(database, sql);
  return gather(statement, parameters);
}

Store::Store() : database_(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_URI) {
  // For triggers that tell errors apart; readers of the file never fire one.
  database_.createFunction("error_pattern", 1, true, nullptr, [](sqlite3_context* context, int, sqlite3_value** values) {
    try {
      const auto* message = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
      const auto pattern = error_pattern(message == nullptr ? "" : message);
      sqlite3_result_text(context, pattern.data(), static_cast<int>(pattern.size()), SQLITE_TRANSIENT);
    } catch (const std::exception&) {  // nothing may be thrown through SQLite
      sqlite3_result_error_nomem(context);
    }
  });
  database_.exec("PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY;");
  database_.exec(schema_sql);
  database_.exec("CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)");
}

SQLite::Statement& Store::prepared(const std::string& sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.emplace(sql, std::make_unique<SQLite::Statement>(database_, sql)).first;
  auto& statement = *found->second;
  statement.reset();
  statement.clearBindings();
  return statement;
}

Table Store::query(const std::string& sql, const Row& parameters) const { return read_table(database_, sql, parameters); }

void Store::clear() {
  statements_.clear();
  const WithoutTriggers quiet(database_);
  SQLite::Transaction transaction(database_);
  for (const auto& row : query("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").rows) {
    const auto table = std::get<std::string>(row[0]);
    if (table != "gateway_state" && table != "source" && table != "tick" && table != "configured_strategy")
      database_.exec("DELETE FROM " + table);
  }
  database_.exec(
      "UPDATE source SET last_attempt_at = NULL, last_success_at = NULL, rows = NULL, consecutive_failures = 0, "
      "failing_for_s = 0, error_class = NULL, error = NULL, failure_means = NULL");
  transaction.commit();
}

std::vector<std::string> Store::restore(const std::filesystem::path& file) {
  std::vector<std::string> rejected;
  const Attached old(database_, immutable_uri(file));
  const WithoutTriggers quiet(database_);  // they fired when these rows were new
  for (const auto& row : query("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                               "AND name IN (SELECT name FROM old.sqlite_schema WHERE type = 'table')")
                             .rows) {
    const auto table = std::get<std::string>(row[0]);
    std::vector<std::string> columns;
    for (const auto& column :
         query("SELECT name FROM pragma_table_info(?, 'main') INTERSECT SELECT name FROM pragma_table_info(?, 'old')", {table, table})
             .rows) {
      columns.push_back(std::get<std::string>(column[0]));
    }
    const auto list = joined(columns, "\"{}\"", ", ");
    try {
      SQLite::Transaction transaction(database_);
      database_.exec(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} ({1}) SELECT {1} FROM old.{0}", table, list));
      transaction.commit();
    } catch (const SQLite::Exception& e) {
      rejected.push_back(fmt::format("{}: {}", table, e.what()));
    }
  }
  return rejected;
}

void Store::begin(std::span<const SourceSetup> sources, const Settings& settings, const std::string& version, std::int64_t now,
                  double publish_within_s) {
  SQLite::Transaction transaction(database_);
  double shortest_stale_after = 1e18;
  for (const auto& setup : sources) shortest_stale_after = std::min(shortest_stale_after, seconds(setup.pace.stale_after));
  const auto before = query("SELECT published_at FROM gateway_state WHERE published_at IS NOT NULL");
  if (!before.empty()) {
    const auto last = std::get<std::int64_t>(before.rows[0][0]);
    if (static_cast<double>(now - last) > shortest_stale_after) {
      auto& absence =
          prepared("INSERT INTO outage_log (upstream, started_at, ended_at, error) VALUES ('gateway', ?, ?, 'the gateway did not run')");
      bind_row(absence, {last, now});
      absence.exec();
      // Nobody asked meanwhile: charts must show a gap, not a line across it.
      auto& gap = prepared("INSERT INTO queue_poll (tier, time, ok) VALUES (0, ?1 + 1, 0), (0, ?2 - 1, 0) ON CONFLICT DO NOTHING");
      bind_row(gap, {last, now});
      gap.exec();
    }
  }
  auto& state = prepared(
      "INSERT INTO gateway_state (id, version, started_at, publish_within_s, backoff_cap_s, history_fine_s, history_minutes_s, "
      "history_quarters_s, event_retention_s, event_max) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET version = excluded.version, started_at = excluded.started_at, published_bytes = 0, "
      "publish_count = 0, publish_within_s = excluded.publish_within_s, backoff_cap_s = excluded.backoff_cap_s, "
      "history_fine_s = excluded.history_fine_s, history_minutes_s = excluded.history_minutes_s, "
      "history_quarters_s = excluded.history_quarters_s, event_retention_s = excluded.event_retention_s, event_max = excluded.event_max");
  bind_row(state, {version, now, publish_within_s, seconds(settings.backoff_cap), whole_seconds(settings.history_fine),
                   whole_seconds(settings.history_minutes), whole_seconds(settings.history_quarters),
                   whole_seconds(settings.event_retention), settings.event_max});
  state.exec();
  database_.exec("DELETE FROM configured_strategy");
  for (const auto& strategy : settings.strategies) {
    auto& named = prepared("INSERT OR IGNORE INTO configured_strategy VALUES (?)");
    bind_row(named, {strategy});
    named.exec();
  }

  database_.exec("DELETE FROM kept");
  std::int64_t position = 0;
  for (const auto& setup : sources) {
    const auto& source = *setup.source;
    auto& declare = prepared(
        "INSERT INTO source (source, upstream, position, state, interval_s, stale_after_s) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source) DO UPDATE SET upstream = excluded.upstream, position = excluded.position, interval_s = excluded.interval_s, "
        "stale_after_s = excluded.stale_after_s, state = CASE WHEN excluded.state = 'on' AND state = 'missing' THEN state ELSE "
        "excluded.state END "
        "RETURNING rowid");
    bind_row(declare, {source.name, source.upstream, ++position, std::string(source.on ? "on" : "off"), seconds(setup.pace.interval),
                       seconds(setup.pace.stale_after)});
    declare.executeStep();
    database_.exec(fmt::format("INSERT INTO kept VALUES ({})", declare.getColumn(0).getInt64()));
    declare.reset();
  }
  database_.exec(
      "DELETE FROM source WHERE rowid NOT IN (SELECT id FROM kept);"
      // An upstream that is no longer asked is neither up nor down.
      "UPDATE outage_log SET ended_at = unixepoch() WHERE ended_at IS NULL AND upstream NOT IN (SELECT upstream FROM source WHERE state <> "
      "'off')");
  transaction.commit();
}

PriorState Store::prior_state(const Source& source, std::int64_t now) {
  PriorState prior;
  prior.now = now;
  for (const auto& sql : source.prior_state_sql) prior.tables.push_back(gather(prepared(sql), {}));
  return prior;
}

// The names of an answer's columns are whoever answers' words: only those that the table has become part of a statement.
void Store::require_columns(const Write& write) {
  const auto known = query("SELECT name FROM pragma_table_info(?)", {write.table});
  const auto is_known = [&](const std::string& column) {
    return std::ranges::any_of(known.rows, [&](const auto& row) { return std::get<std::string>(row[0]) == column; });
  };
  if (!std::ranges::all_of(write.columns, is_known)) throw std::invalid_argument(write.table + " has no such column as the answer");
}

// The primary key or unique constraint that the write's columns cover.
std::string Store::conflict_columns(const Write& write) {
  const auto covered = [&](const std::vector<std::string>& key) {
    return !key.empty() &&
           std::ranges::all_of(key, [&](const auto& column) { return std::ranges::find(write.columns, column) != write.columns.end(); });
  };
  std::vector<std::vector<std::string>> keys(1);
  for (const auto& row : query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", {write.table}).rows) {
    keys[0].push_back(std::get<std::string>(row[0]));
  }
  for (const auto& index : query("SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0", {write.table}).rows) {
    auto& key = keys.emplace_back();
    for (const auto& row : query("SELECT name FROM pragma_index_info(?)", {index[0]}).rows) key.push_back(std::get<std::string>(row[0]));
  }
  for (const auto& key : keys) {
    if (covered(key)) return joined(key, "\"{}\"", ", ");
  }
  throw std::invalid_argument(write.table + ": the answer has no key column");
}

void Store::write(const Write& write) {
  if (write.mode == Mode::erase) {
    auto& erase = prepared(fmt::format("DELETE FROM {} WHERE {}", write.table, joined(write.columns, "\"{}\" IS ?", " AND ")));
    for (const auto& row : write.rows) {
      erase.reset();
      bind_row(erase, row);
      erase.exec();
    }
    return;
  }
  const bool replace = write.mode == Mode::replace;
  if (replace) database_.exec("DELETE FROM kept");
  if (!write.rows.empty()) {
    const auto signature = fmt::format("{} {} {}", write.table, replace, fmt::join(write.columns, ","));
    auto found = statements_.find(signature);
    if (found == statements_.end()) {
      require_columns(write);
      auto made = std::make_unique<SQLite::Statement>(
          database_, fmt::format("INSERT INTO {0} ({1}) VALUES ({2}) ON CONFLICT ({3}) DO UPDATE SET {4}{5}", write.table,
                                 joined(write.columns, "\"{}\"", ", "), placeholders(write.columns.size()), conflict_columns(write),
                                 joined(write.columns, "\"{0}\" = excluded.\"{0}\"", ", "), replace ? " RETURNING rowid" : ""));
      found = statements_.emplace(signature, std::move(made)).first;
    }
    auto& statement = found->second;
    for (const auto& row : write.rows) {
      statement->reset();
      bind_row(*statement, row);
      if (!replace) {
        statement->exec();
      } else if (statement->executeStep()) {
        auto& keep = prepared("INSERT OR IGNORE INTO kept VALUES (?)");
        bind_row(keep, {static_cast<std::int64_t>(statement->getColumn(0).getInt64())});
        keep.exec();
      }
    }
    statement->reset();
  }
  if (replace) {
    std::string scope;
    Row values;
    for (const auto& [column, value] : write.scope) {
      scope += fmt::format(" AND \"{}\" IS ?", column);
      values.push_back(value);
    }
    auto& vanish = prepared(fmt::format("DELETE FROM {} WHERE rowid NOT IN (SELECT id FROM kept){}", write.table, scope));
    bind_row(vanish, values);
    vanish.exec();
  }
}

void Store::write_batch(const Batch& batch) {
  for (const auto& one : batch.writes) write(one);
}

std::optional<Error> Store::try_batch(const Batch& batch) {
  std::optional<Error> rejected;
  database_.exec("SAVEPOINT outcome");
  try {
    write_batch(batch);
  } catch (const std::exception& e) {
    for (auto& [_, statement] : statements_) statement->tryReset();
    database_.exec("ROLLBACK TO outcome");
    rejected = Error{ErrorClass::malformed, fmt::format("an answer does not fit the cache: {}", e.what())};
  }
  database_.exec("RELEASE outcome");
  return rejected;
}

void Store::record(const Outcome& outcome, const std::optional<Error>& error, const Source& source, const AttemptReport& report) {
  auto& attempt = prepared(
      "INSERT INTO attempt (source, time, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, requests, rows, error_class, error, means) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const auto& t = outcome.timing;
  bind_row(attempt,
           {outcome.source, outcome.sent_at, t.duration_ms, maybe(t.connect_ms), maybe(t.wait_ms), maybe(t.read_ms), maybe(t.parse_ms),
            outcome.requests, error ? Value{} : Value{outcome.result->rows}, error ? Value{std::string(to_string(error->kind))} : Value{},
            error ? Value{error->text} : Value{}, error ? Value{std::string(to_string(implication(error->kind)))} : Value{}});
  attempt.exec();
  const auto next_attempt_at = source.name.ends_with(".health") ? report.next_probe_at.value_or(report.next_attempt_at) : report.next_attempt_at;
  if (error) {
    const auto failing = report.failing_for_s.find(outcome.source);
    auto& failed = prepared(
        "UPDATE source SET last_attempt_at = ?, next_attempt_at = ?, duration_ms = ?, consecutive_failures = consecutive_failures + 1, "
        "failing_for_s = max(failing_for_s, ?), error_class = ?, error = ?, failure_means = ?, state = ? WHERE source = ?");
    bind_row(failed, {outcome.sent_at, next_attempt_at, t.duration_ms, failing == report.failing_for_s.end() ? 0.0 : failing->second,
                      std::string(to_string(error->kind)), error->text, std::string(to_string(implication(error->kind))),
                      std::string(error->kind == ErrorClass::missing ? "missing" : "on"), outcome.source});
    failed.exec();
    return;
  }
  if (!outcome.result->answered) {
    auto& tried = prepared("UPDATE source SET last_attempt_at = ?, next_attempt_at = ?, duration_ms = ? WHERE source = ?");
    bind_row(tried, {outcome.sent_at, next_attempt_at, t.duration_ms, outcome.source});
    tried.exec();
    return;
  }
  auto& succeeded = prepared(
      "UPDATE source SET last_attempt_at = ?1, last_success_at = ?1, next_attempt_at = ?2, duration_ms = ?3, "
      "consecutive_failures = 0, failing_for_s = 0, error_class = NULL, error = NULL, failure_means = NULL, state = 'on' WHERE source = "
      "?4");
  bind_row(succeeded, {outcome.sent_at, next_attempt_at, t.duration_ms, outcome.source});
  succeeded.exec();
  // Counted last: retention runs in triggers on the success above.
  auto& count = prepared("UPDATE source SET rows = ? WHERE source = ?");
  bind_row(count, {gather(prepared(source.row_count_sql), {}).rows.at(0).at(0), outcome.source});
  count.exec();
}

void Store::record_outage(std::span<const Outcome> outcomes, const AttemptReport& report) {
  const Outcome* failed = nullptr;
  for (const auto& outcome : outcomes) {
    // An absent table or endpoint is an answer too: whoever gives it is alive.
    if (outcome.result || outcome.result.error().kind == ErrorClass::missing) {
      failed = nullptr;
      break;
    }
    if (failed == nullptr) failed = &outcome;
  }
  if (failed == nullptr) {
    auto& end = prepared("UPDATE outage_log SET ended_at = ? WHERE upstream = ? AND ended_at IS NULL");
    bind_row(end, {outcomes.empty() ? 0 : outcomes.front().sent_at, report.upstream});
    end.exec();
    auto& streak = prepared("DELETE FROM upstream WHERE upstream = ?");
    bind_row(streak, {report.upstream});
    streak.exec();
    return;
  }
  auto& streak = prepared(
      "INSERT INTO upstream (upstream, failures, first_failed_at) VALUES (?, 1, ?) "
      "ON CONFLICT (upstream) DO UPDATE SET failures = failures + 1");
  bind_row(streak, {report.upstream, failed->sent_at});
  streak.exec();
  const auto& error = failed->result.error();
  auto& open = prepared(
      "INSERT INTO outage_log (upstream, started_at, error_class, error) SELECT upstream, first_failed_at, ?, ? FROM upstream "
      "WHERE upstream = ? AND failures >= ? AND NOT EXISTS (SELECT 1 FROM outage_log o WHERE o.upstream = upstream.upstream AND o.ended_at "
      "IS NULL)");
  bind_row(open, {std::string(to_string(error.kind)), error.text, report.upstream, std::int64_t{report.failures_for_outage}});
  open.exec();
}

std::vector<std::optional<Error>> Store::apply(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                               const AttemptReport& report) {
  std::vector<std::optional<Error>> errors;
  std::set<std::pair<ErrorClass, std::string>> seen;  // an error counts once a poll, however many of its sources meet it
  SQLite::Transaction transaction(database_);
  for (const auto& outcome : outcomes) {
    const auto found = std::ranges::find_if(sources, [&](const auto& setup) { return setup.source->name == outcome.source; });
    if (found == sources.end()) throw std::logic_error("outcome of an unknown source " + outcome.source);
    const auto& source = *found->source;
    std::optional<Error> error;
    if (outcome.result) {
      error = try_batch(*outcome.result);
    } else {
      error = outcome.result.error();
      if (source.failed) try_batch(source.failed(PriorState{.now = outcome.sent_at, .tables = {}}, *error));
    }
    record(outcome, error, source, report);
    if (error && error->kind != ErrorClass::missing && seen.emplace(error->kind, error_pattern(error->text)).second) {
      auto& sighting = prepared("INSERT INTO error_sample (service, kind, message, time) VALUES (?, ?, ?, ?)");
      bind_row(sighting, {source.upstream, std::string(to_string(error->kind)), error->text, outcome.sent_at});
      sighting.exec();
    }
    errors.push_back(error);
  }
  record_outage(outcomes, report);
  transaction.commit();
  return errors;
}

std::string Store::identity() const {
  const auto row = query("SELECT identity FROM gateway_state");
  return row.empty() ? std::string() : text(row.rows[0][0]).value_or("");
}

void Store::set_identity(const std::string& identity) {
  auto& statement = prepared("UPDATE gateway_state SET identity = ?");
  bind_row(statement, {identity});
  statement.exec();
}

std::expected<std::int64_t, std::string> Store::copy_to(const std::filesystem::path& file, const Stamp& stamp) {
  try {
    const auto pages = std::get<std::int64_t>(query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").rows[0][0]);
    auto& statement = prepared("UPDATE gateway_state SET published_at = ?, publish_count = ?, file_bytes = ?, published_bytes = ?");
    bind_row(statement, {stamp.published_at, stamp.count, pages, stamp.bytes_before + pages});
    statement.exec();
    SQLite::Database target(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    target.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
    SQLite::Backup backup(target, database_);
    backup.executeStep();
    return pages;
  } catch (const std::exception& e) {
    return std::unexpected(fmt::format("{}: {}", file.string(), e.what()));
  }
}

void Store::tidy(std::int64_t now) {
  SQLite::Transaction transaction(database_);
  auto& tick = prepared("UPDATE tick SET time = ?");
  bind_row(tick, {now});
  tick.exec();
  const auto state = query("SELECT history_fine_s, history_minutes_s FROM gateway_state");
  struct Tier {
    std::int64_t tier, step, window_s;
  };
  const auto roll = [&](const Tier& coarse) {
    // After a long pause there is much to roll: the rest waits for the next turn, so that the loop is never held up.
    constexpr int most = 100;
    for (int n = 0; n < most; ++n) {
      const auto oldest = integer(gather(prepared("SELECT min(time) FROM queue_poll WHERE tier = ?"), {coarse.tier - 1}).rows.at(0).at(0));
      if (!oldest) return;
      const auto bucket = *oldest / coarse.step * coarse.step;
      if (bucket + coarse.step > now - coarse.window_s) return;
      // Not before all of the bucket has come into the finer tier: what follows would not fit any more.
      const auto behind = integer(gather(prepared("SELECT min(time) FROM queue_poll WHERE tier < ?"), {coarse.tier - 1}).rows.at(0).at(0));
      if (behind && *behind < bucket + coarse.step) return;
      auto& insert = prepared("INSERT INTO queue_rollup (tier, bucket_at, step) VALUES (?, ?, ?)");
      bind_row(insert, {coarse.tier, bucket, coarse.step});
      insert.exec();
    }
  };
  if (!state.empty()) {
    roll({.tier = 1, .step = 60, .window_s = std::get<std::int64_t>(state.rows[0][0])});
    roll({.tier = 2, .step = 900, .window_s = std::get<std::int64_t>(state.rows[0][1])});
  }
  transaction.commit();
}

void Store::note_start(std::int64_t now, const std::string& version) {
  auto& event = prepared(
      "INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details) VALUES "
      "('gateway_started:gateway:' || ?1, ?1, "
      "'gateway_started', 'health', 'gateway', 'started', 'observed', 'the cache gateway started', json_object('version', ?2)) ON CONFLICT "
      "DO NOTHING");
  bind_row(event, {now, version});
  event.exec();
}

void Store::compact() {
  const auto row = query("SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count").rows.at(0);
  if (std::get<std::int64_t>(row[0]) * 4 <= std::get<std::int64_t>(row[1])) return;
  statements_.clear();
  database_.exec("VACUUM");
}

}  // namespace gateway
