#include "replica/received.hpp"

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "base/deadline.hpp"
#include "base/text.hpp"
#include "cache/cache_file.hpp"
#include "cache/database.hpp"
#include "cache/open_file_vfs.hpp"

namespace gateway {
namespace {

constexpr std::size_t longest_text = 300;

// A planted table may be a view, or have triggers, and functions of the schema may do more than compute.
void execute_nothing_of_its_own(SQLite::Database& database) {
  auto* const handle = database.getHandle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

bool is_table(SQLite::Database& database, const std::string& name) {
  SQLite::Statement statement(database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?");
  statement.bind(1, name);
  return statement.executeStep() && statement.getColumn(0).getInt() == 1;
}

std::string shown(const std::string& text) { return shortened(one_line(text), longest_text); }

}  // namespace

std::expected<Publish, std::string> publish_of(const Descriptor& file) try {
  if (const auto fault = faults_of_finished(file)) return std::unexpected(*fault);
  auto database = open_published(file.path());
  execute_nothing_of_its_own(database);
  sqlite3_progress_handler(database.getHandle(), 0, nullptr, nullptr);  // the file's size bounds the check
  const auto check = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (check != "ok") return std::unexpected("it is damaged: " + shown(check));
  for (const auto* table : {"gateway_state", "copy_state"}) {
    if (!is_table(database, table))
      return std::unexpected(fmt::format("it has no table {}: another version of the gateway has published it", table));
  }
  SQLite::Statement row(database, "SELECT published_at, publish_count FROM gateway_state WHERE published_at IS NOT NULL");
  if (!row.executeStep()) return std::unexpected("it does not say when it was published");
  return Publish{.at = row.getColumn(0).getInt64(), .count = row.getColumn(1).getInt64()};
} catch (const SQLite::Exception& e) {
  return std::unexpected("it cannot be read: " + shown(e.what()));
}

std::optional<std::string> why_not_shown(const Publish& publish, const std::optional<Publish>& shown) {
  constexpr std::int64_t most_ahead = 300;  // s
  if (shown && publish.at < shown->at) return fmt::format("it was published {} s before the file that is shown", shown->at - publish.at);
  if (const auto ahead = publish.at - unix_now(); ahead > most_ahead)
    return fmt::format("it was published {} s ahead of the clock of this host", ahead);
  return std::nullopt;
}

std::optional<std::string> mark_as_copy(const Descriptor& file, const CopyMark& mark) try {
  const auto path = file.path();
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE, 0, vfs_for(path));
  execute_nothing_of_its_own(database);
  // OFF is not to be had of a connection that is on the defensive.
  database.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;");
  SQLite::Transaction transaction(database);
  database.exec("DELETE FROM copy_state");
  SQLite::Statement insert(database, "INSERT INTO copy_state (id, origin, copied_at, error, failing_since) VALUES (1, ?, ?, ?, ?)");
  insert.bind(1, mark.origin);
  insert.bind(2, mark.copied_at);
  if (mark.error) insert.bind(3, *mark.error);
  if (mark.failing_since) insert.bind(4, *mark.failing_since);
  insert.exec();
  transaction.commit();
  return std::nullopt;
} catch (const SQLite::Exception& e) {
  return "it cannot be marked as a copy: " + shown(e.what());
}

std::optional<HeldCopy> held_copy(const Descriptor& file) try {
  auto database = open_published(file.path());
  execute_nothing_of_its_own(database);
  const auto row = read_table(database,
                              "SELECT c.origin, c.copied_at, c.error, c.failing_since, g.published_at, g.publish_count FROM copy_state c "
                              "CROSS JOIN gateway_state g");
  if (row.empty()) return std::nullopt;
  const auto& values = row.rows[0];
  return HeldCopy{.mark = {.origin = text(values[0]).value_or(""),
                           .copied_at = integer(values[1]).value_or(0),
                           .error = text(values[2]),
                           .failing_since = integer(values[3])},
                  .publish = {.at = integer(values[4]).value_or(0), .count = integer(values[5]).value_or(0)}};
} catch (const SQLite::Exception&) {
  return std::nullopt;
}

}  // namespace gateway
