// How many rows to read at once: fewer after a step that was not finished in time or was too large, so that a slow server or
// wide rows cost more steps and not the dataset; once in a while it is tried with more again. Not after one failure alone: a
// dataset that was slow comes last the next time, with more time. And within a burst not for slowness: until
// PostgreSQL's statistics know of them, a step there costs all the rows that share a time, however few of them it takes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/source.hpp"

namespace gateway {

class StepSize {
 public:
  static constexpr std::int64_t smallest = 100;

  // For Source::prior_state_sql, a column: how many attempts in a row ended so.
  static std::string failures_sql(const std::string& source) {
    return "(SELECT consecutive_failures FROM source WHERE source = '" + source +
           "' AND (error_class = 'too_large' OR error LIKE 'not finished within%' AND NOT EXISTS (SELECT 1 FROM cursor WHERE source = '" +
           source + "' AND name LIKE '%in_burst' AND value IS NOT NULL)))";
  }

  // `usual`: what is kept as cursor `step`; `failures`: the above.
  StepSize(const Value& usual, const Value& failures, std::int64_t largest)
      : largest_(largest), halvings_(std::clamp<std::int64_t>(integer(failures).value_or(0) - 1, 0, most_halvings)) {
    rows_ = std::max(smallest, std::clamp(integer(usual).value_or(largest), smallest, largest) >> halvings_);
  }

  std::int64_t rows() const { return rows_; }
  bool shortened() const { return halvings_ > 0; }
  std::int64_t larger() const { return std::min(largest_, 2 * rows_); }

 private:
  static constexpr std::int64_t most_halvings = 8;

  std::int64_t largest_, halvings_, rows_ = 0;
};

}  // namespace gateway
