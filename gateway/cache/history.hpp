// A history in bounds: what leaves a finer tier's window is rolled up into the coarser one, bucket by bucket, what is old goes, and of
// very many restless series less is kept. All of it in slices of some milliseconds, however many series there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/history_tables.hpp"
#include "cache/database.hpp"
#include "settings/retention.hpp"

namespace gateway {

class History {
 public:
  // `database` and `retention` outlive it.
  History(Database& database, const Retention& retention, const HistoryTables& tables);

  // One slice of what is due at `now`; false: nothing is. For the caller's transaction.
  bool step(std::int64_t now);
  // After that transaction was rolled back. What is rolled already is passed over.
  void begin_again() { bucket_.reset(); }

 private:
  // On its way into a coarser tier. Its runs are there and not shown before its poll is.
  struct Bucket {
    std::int64_t tier, at, step_s;  // tier: the coarser one
    std::int64_t after_series = 0;  // how far it is
  };
  struct Statements {
    std::string expire, oldest_of, oldest_below, next_series, roll, merge, drop_merged, finish, drop_polls, sweep, count, cut_until, cut;
  };

  bool begin_bucket(std::int64_t tier, std::int64_t step_s, Milliseconds window, std::int64_t now);
  void roll_slice();
  void finish_bucket();
  bool sweep();
  bool cut();
  std::optional<std::int64_t> number_of(const std::string& sql, const Row& parameters) const;

  Database* database_;
  const Retention* retention_;
  std::int64_t most_runs_;
  Statements sql_;
  std::optional<Bucket> bucket_;
};

}  // namespace gateway
