// Where postgres.quality stands with one of its tables, and what it holds of it. Two readings go through each table. The tail
// goes forward from the hour before this one; what it read of an hour so far is kept as a partial sum when the hour takes
// several steps. The slow pass goes back from there through all that is older, again and again: nothing that happens to old
// rows escapes it. An hour is replaced when all of it was read.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source.hpp"
#include "datasets/quality_sql.hpp"

namespace gateway {

struct QualitySum {
  std::int64_t orders = 0, filled_orders = 0, open_orders = 0, pnl_orders = 0, successful_orders = 0;
  double pnl = 0;

  void add(const QualitySum& other);
};
using HourAndStrategy = std::pair<std::int64_t, std::string>;
using QualitySums = std::map<HourAndStrategy, QualitySum>;

// Rows without a strategy are no sums.
QualitySums quality_sums_of(const Table& answer);

// One step's answer.
struct QualityStep {
  QualitySums sums;
  bool full = false;  // there may be more
  Place end;          // of its last row, when full
  std::int64_t end_hour = 0;
};
QualityStep quality_step_of(const Table& answer, std::int64_t rows);

// For Source::prior_state_sql.
std::vector<std::string> quality_state_sql();

struct QualityState {
  QualityState(const PriorState& prior, const QualityTable& table);

  bool filling = true;                      // no pass has ended yet
  Place at;                                 // of the tail
  std::int64_t from_hour = 0;               // the first that the tail has not finished; the pass covers what is older
  std::int64_t this_tail = 0;               // where a tail begins now
  std::optional<Place> pass_at;             // while a pass is on
  std::int64_t pass_hour = 0;               // from it on the pass is done
  std::int64_t settled_before = 0;          // older hours are one
  std::optional<double> newest;             // row, when last looked
  QualitySums tail, pass;                   // partial sums
  std::vector<HourAndStrategy> held;        // what the two readings may find gone
  std::vector<HourAndStrategy> unfinished;  // of older hours with open orders
};

// Replaces the hours from `from` up to `to` by the sums.
void write_hours(Batch& batch, const std::string& kind, const std::vector<HourAndStrategy>& held, std::int64_t from, std::int64_t to,
                 const QualitySums& sums);
void write_partial(Batch& batch, const std::string& kind, const char* reading, const QualitySums& sums);

}  // namespace gateway
