// The working database, in memory: the last good answer of every source, and how each source fares. Used by the loop
// thread only. Every public call is one transaction or none; what SQLite throws ends here, as an Error or a throw of
// std::runtime_error where nothing sensible can go on (no memory, a schema that does not parse).
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "settings/settings.hpp"

namespace gateway {

extern const char* const schema_sql;  // schema.sql and datasets/*.sql, compiled in

struct SourceSetup {
  const Source* source = nullptr;
  Pace pace;
};

// What the scheduler knows of an attempt beyond its outcomes.
struct AttemptReport {
  std::string upstream;
  std::int64_t next_attempt_at = 0;
  int failures_for_outage = 2;                  // `once` opens an outage at the first
  std::map<std::string, double> failing_for_s;  // per source, by a steady clock
  std::optional<std::int64_t> next_probe_at;    // of its `.health`, where that is not next_attempt_at
};

struct Stamp {
  std::int64_t published_at = 0, count = 0, bytes_before = 0;
};

class Store {
 public:
  Store();

  // Copies what fits from a file that inspect() found good; returns a line for each table that did not fit.
  std::vector<std::string> restore(const std::filesystem::path& file);
  // Forgets all rows, as if just made.
  void clear();

  // Announces the sources of this run; rows of sources that are gone are dropped. Records the gateway's own absence.
  void begin(std::span<const SourceSetup> sources, const Settings& settings, const std::string& version, std::int64_t now,
             double publish_within_s);

  PriorState prior_state(const Source& source, std::int64_t now);
  // Writes what an attempt brought, all of it in one transaction; an outcome that does not fit the schema becomes a
  // failure of its source and is returned as such, in the order of `outcomes`.
  std::vector<std::optional<Error>> apply(std::span<const Outcome> outcomes, std::span<const SourceSetup> sources,
                                          const AttemptReport& report);

  std::string identity() const;
  void set_identity(const std::string& identity);

  // Stamps the database and copies it into a new file, closed and complete but not yet synced. Blocks for milliseconds.
  // Returns the file's size, or what went wrong.
  std::expected<std::int64_t, std::string> copy_to(const std::filesystem::path& file, const Stamp& stamp);
  // Retention, and rolling of history into coarser tiers; every few seconds.
  void tidy(std::int64_t now);
  // An event of the gateway itself: `run` has begun.
  void note_start(std::int64_t now, const std::string& version);
  // Gives free pages back when they are more than a quarter: a publish writes them too.
  void compact();

  // For reading: any SQL, by position or not at all.
  Table query(const std::string& sql, const Row& parameters = {}) const;

 private:
  void write(const Write& write);
  void write_batch(const Batch& batch);
  // All of it or, where it does not fit the schema, nothing and the reason.
  std::optional<Error> try_batch(const Batch& batch);
  SQLite::Statement& prepared(const std::string& sql);
  void require_columns(const Write& write);
  std::string conflict_columns(const Write& write);
  void record(const Outcome& outcome, const std::optional<Error>& error, const Source& source, const AttemptReport& report);
  void record_outage(std::span<const Outcome> outcomes, const AttemptReport& report);

  mutable SQLite::Database database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

// Runs a query on any database and gathers its rows.
Table read_table(SQLite::Database& database, const std::string& sql, const Row& parameters = {});

}  // namespace gateway
