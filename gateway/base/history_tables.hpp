// The tables of a history: numbers over time, stored as runs of equal values on a grid of polls, in three tiers that do not overlap
// (queues.sql describes them). There is one of queues, and one of each dataset of a file that asks for it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gateway {

// All names are SQL, quoted where they need it.
struct HistoryTables {
  std::string poll, run;           // the grid; the runs
  std::string series, series_id;   // the table that has a row for each series, and its key
  std::string of, tier, from, to;  // columns of `run`: of which series, the tier, the first and the last time
  // Other columns of it, and how the polls of a bucket become one value, in SQL: `r` is a run that lies in the bucket, once for each of
  // its polls, `q` the series; ?1 the coarser tier, ?2 the time of the bucket, ?3 its length.
  std::vector<std::pair<std::string, std::string>> values;
  std::int64_t most_runs = 0;
};

}  // namespace gateway
