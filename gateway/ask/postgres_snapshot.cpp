// What makes a transaction one snapshot of one known system: locks, identity, and a proof where a lock is refused.
#include <fmt/format.h>

#include <algorithm>

#include "ask/postgres.hpp"

namespace gateway {
namespace {

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

}  // namespace

// The tables are locked before the first statement that needs a snapshot: what is truncated or rewritten between a snapshot
// and the reading would look empty, and fresh. ACCESS SHARE, as every SELECT takes it.
std::optional<Error> Postgres::take_snapshot(const Deadline& deadline) {
  auto begun = connection_->begin("REPEATABLE READ", settings_.pace.timeout, deadline);
  if (!begun) return begun.error();
  if (auto error = lock_tables(deadline)) return error;
  return read_identity(deadline);
}

std::optional<Error> Postgres::lock_tables(const Deadline& deadline) {
  locked_out_.clear();
  const auto lock = [&](const std::string& tables, const char* how) {
    return connection_->run(fmt::format("SAVEPOINT lock; LOCK TABLE {} IN ACCESS SHARE MODE{}", tables, how), deadline);
  };
  std::string all;
  for (const auto& table : catalogue_.lockable) all += (all.empty() ? "" : ", ") + quoted(table);
  if (all.empty() || lock(all, "")) return std::nullopt;
  // One of them is not to be had: the others are, and the one has been waited for.
  for (const auto& table : catalogue_.lockable) {
    if (auto undone = connection_->run("ROLLBACK TO SAVEPOINT lock; RELEASE SAVEPOINT lock", deadline); !undone) return undone.error();
    const auto one = lock(quoted(table), " NOWAIT");
    if (one) {
      if (auto kept = connection_->run("RELEASE SAVEPOINT lock; SAVEPOINT lock", deadline); !kept) return kept.error();
    } else if (one.error().kind == ErrorClass::timeout) {
      locked_out_[table] = {ErrorClass::timeout, fmt::format("{} is locked by another session: {}", table, one.error().text)};
    } else {
      must_probe_ = true;  // renamed, dropped or forbidden since: reading it will say so
    }
  }
  if (auto undone = connection_->run("ROLLBACK TO SAVEPOINT lock", deadline); !undone) return undone.error();
  return std::nullopt;
}

// In the snapshot, so that it is the identity of the server that gives the rows, also behind a pooler. Whatever keeps it from
// telling the system's id (a right, a managed server, another make) is no reason not to read.
std::optional<Error> Postgres::read_identity(const Deadline& deadline) {
  Result<Table> identity = failure(ErrorClass::auth, "");
  if (!system_is_secret_) {
    identity = connection_->run(
        "SAVEPOINT identity; SELECT (SELECT system_identifier::text FROM pg_control_system()) || '/' || current_database()", deadline);
    if (lost()) return identity.error();
    if (!identity) {
      system_is_secret_ = true;
      if (auto undone = connection_->run("ROLLBACK TO SAVEPOINT identity", deadline); !undone) return undone.error();
    }
  }
  if (!identity) identity = connection_->run("SELECT '/' || current_database()", deadline);
  if (!identity) return identity.error();
  if (identity->rows.size() != 1 || identity->columns.size() != 1) {
    return Error{ErrorClass::malformed, connection_->endpoint() + ": not a valid PostgreSQL response"};
  }
  identity_ = text(identity->rows[0][0]).value_or("");
  return std::nullopt;
}

// A role that may read some columns only cannot lock the table. What was rewritten after the snapshot has another file than the
// snapshot knows of, or is another table; from the reading on it is locked.
std::optional<Error> Postgres::rewritten(const Source& source, const Deadline& deadline) {
  std::string names;
  for (const auto& table : source.reads) {
    if (!catalogue_.catalogue.tables.contains(table) || std::ranges::find(catalogue_.lockable, table) != catalogue_.lockable.end())
      continue;
    names += (names.empty() ? "'" : ",'") + quoted(table) + "'";
  }
  if (names.empty()) return std::nullopt;
  const auto found = connection_->run(
      fmt::format("SELECT string_agg(name, ', ') FROM unnest(ARRAY[{}]) AS name LEFT JOIN pg_class c ON c.oid = to_regclass(name) "
                  "WHERE c.oid IS NULL OR c.relfilenode <> pg_relation_filenode(c.oid)",
                  names),
      deadline);
  if (!found) return found.error();
  if (found->rows.size() != 1 || found->columns.size() != 1 || is_null(found->rows[0][0])) return std::nullopt;
  must_probe_ = true;
  return Error{ErrorClass::sql, fmt::format("{} was rewritten while it was read; GRANT SELECT on the whole table lets it be locked",
                                            text(found->rows[0][0]).value_or(""))};
}

}  // namespace gateway
