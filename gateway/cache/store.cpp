#include "cache/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/text.hpp"
#include "cache/declared_state.hpp"
#include "cache/restore.hpp"
#include "cache/schema.hpp"
#include "datasets/queue_rows.hpp"
#include "declared/schema.hpp"

namespace gateway {
namespace {

// For triggers that tell errors apart; readers of the file never fire one.
void add_error_pattern(SQLite::Database& database) {
  database.createFunction("error_pattern", 1, true, nullptr, [](sqlite3_context* context, int, sqlite3_value** values) {
    try {
      const auto* message = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
      const auto pattern = error_pattern(message == nullptr ? "" : message);
      sqlite3_result_text(context, pattern.data(), static_cast<int>(pattern.size()), SQLITE_TRANSIENT);
    } catch (const std::exception&) {  // nothing may be thrown through SQLite
      sqlite3_result_error_nomem(context);
    }
  });
}

}  // namespace

Store::Store(DeclaredDatasets declared) : declared_(std::move(declared)) {
  add_error_pattern(database_.handle());
  database_.execute(schema_sql);
  create_declared(database_, declared_);
  histories_.emplace_back(database_, retention_, queue_history_tables());
  for (const auto& dataset : declared_.datasets) {
    if (dataset->history) histories_.emplace_back(database_, retention_, history_tables_of(*dataset));
  }
}

Table Store::query(const std::string& sql, const Row& parameters) const { return database_.query_once(sql, parameters); }

std::vector<std::string> Store::restore(const std::filesystem::path& file) { return gateway::restore(database_, file, declared_); }

void Store::set_maintenance(const std::optional<std::string>& text, std::optional<std::int64_t> until) {
  database_.run("UPDATE gateway_state SET maintenance = ?1, maintenance_until = ?2 WHERE (maintenance, maintenance_until) IS NOT (?1, ?2)",
                {maybe(text), maybe(until)});
}

PriorState Store::prior_state(const Source& source, std::int64_t now) {
  PriorState prior;
  prior.now = now;
  for (const auto& sql : source.prior_state_sql) prior.tables.push_back(database_.query(sql));
  return prior;
}

std::unique_ptr<Storing> Store::begin_storing(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                              const AttemptReport& report) {
  return std::make_unique<Storing>(database_, writer_, under_way_, outcomes, sources, report);
}

void Store::finish_storing() {
  while (!under_way_.empty()) (*under_way_.begin())->step(no_limit);
}

std::vector<std::optional<Error>> Store::apply(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                               const AttemptReport& report) {
  const auto storing = begin_storing(outcomes, sources, report);
  storing->step(no_limit);
  return storing->errors();
}

std::string Store::identity(const std::string& upstream) const {
  const auto known = query("SELECT identity FROM identity WHERE upstream = ?", {upstream});
  return known.empty() ? std::string() : text(known.rows[0][0]).value_or("");
}

void Store::set_identity(const std::string& upstream, const std::string& identity) {
  database_.run("INSERT INTO identity VALUES (?, ?) ON CONFLICT DO UPDATE SET identity = excluded.identity", {upstream, identity});
}

void Store::begin_anew(const std::string& upstream, const std::string& identity) {
  SQLite::Transaction transaction(database_.handle());
  database_.run("DELETE FROM identity WHERE upstream = ?", {upstream});
  set_identity(upstream, identity);
  transaction.commit();
}

std::expected<std::unique_ptr<StoreCopy>, std::string> Store::begin_copy(const std::filesystem::path& file, const Stamp& stamp) {
  try {
    const auto bytes = std::get<std::int64_t>(query("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").rows[0][0]);
    database_.run(
        "UPDATE gateway_state SET published_at = ?, publish_count = ?, file_bytes = ?, published_bytes = ?, loop_max_ms = ?, "
        "saved_at = ?, saved_bytes = ?",
        {stamp.published_at, stamp.count, bytes, stamp.bytes_before + bytes, loop_max_ms_,
         stamp.saves ? Value{stamp.published_at} : maybe(stamp.saved_at), stamp.saved_bytes_before + (stamp.saves ? bytes : 0)});
    shown_stale_at_ = stale_at();
    return std::make_unique<StoreCopy>(database_, file, [this] { return whole(); });
  } catch (const std::exception& e) {
    return std::unexpected(fmt::format("{}: {}", file.string(), e.what()));
  }
}

std::map<std::string, std::int64_t> Store::stale_at() const {
  std::map<std::string, std::int64_t> times;
  const auto table = query("SELECT source, last_success_at + CAST(stale_after_s AS INTEGER) FROM source WHERE last_success_at IS NOT NULL");
  for (const auto& row : table.rows) times[text(row[0]).value_or("")] = integer(row[1]).value_or(0);
  return times;
}

std::optional<std::int64_t> Store::shown_stale_at() const {
  std::optional<std::int64_t> earliest;
  for (const auto& [source, at] : stale_at()) {
    const auto shown = shown_stale_at_.find(source);
    if (shown != shown_stale_at_.end() && shown->second < at) earliest = std::min(earliest.value_or(shown->second), shown->second);
  }
  return earliest;
}

std::expected<std::int64_t, std::string> Store::copy_to(const std::filesystem::path& file, const Stamp& stamp) {
  finish_storing();
  auto copy = begin_copy(file, stamp);
  if (!copy) return std::unexpected(copy.error());
  if (const auto done = (*copy)->step(StoreCopy::all_pages); !done) return std::unexpected(done.error());
  return (*copy)->bytes();
}

bool Store::tidy(std::int64_t now, Milliseconds budget) {
  SQLite::Transaction transaction(database_.handle());
  database_.run("UPDATE tick SET time = ?", {now});
  transaction.commit();
  return roll_history(now, budget);
}

bool Store::roll_history(std::int64_t now, Milliseconds budget) {
  const auto until = Clock::now() + budget;
  try {
    SQLite::Transaction transaction(database_.handle());
    bool more = false;
    for (auto& history : histories_) {
      while (!more && history.step(now)) more = Clock::now() >= until;
    }
    transaction.commit();
    return more;
  } catch (...) {
    for (auto& history : histories_) history.begin_again();
    throw;
  }
}

void Store::note_start(std::int64_t now, const std::string& version) {
  database_.run(
      "INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details) VALUES "
      "('gateway_started:gateway:' || ?1, ?1, 'gateway_started', 'health', 'gateway', 'started', 'observed', "
      "'the cache gateway started', json_object('version', ?2)) ON CONFLICT DO NOTHING",
      {now, version});
}

void Store::compact(Milliseconds budget) {
  constexpr auto pages_at_once = "PRAGMA incremental_vacuum(100)";
  const auto free_share = [&] {
    const auto row = query("SELECT freelist_count, page_count FROM pragma_freelist_count, pragma_page_count").rows.at(0);
    return static_cast<double>(std::get<std::int64_t>(row[0])) / static_cast<double>(std::get<std::int64_t>(row[1]));
  };
  if (free_share() <= 0.25) return;
  for (const auto until = Clock::now() + budget; free_share() > 0 && Clock::now() < until;) database_.execute(pages_at_once);
}

}  // namespace gateway
