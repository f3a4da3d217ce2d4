// A growing table of a file's dataset (`read: {since: [TIME, ID]}`): the first answer is the newest rows, as many as are kept; from then on
// each attempt reads what came after the place reached, in the order of (time, id), and what was committed late. Rows that are held are not
// read again: a table of such a dataset is one whose rows do not change.
#pragma once

#include <optional>
#include <string>

#include "base/source.hpp"
#include "datasets/step_size.hpp"
#include "datasets/time_order.hpp"
#include "declared/dataset.hpp"

namespace gateway {

class ReadingSince {
 public:
  // For Source::prior_state_sql, behind the dataset's own: what the constructor reads.
  static std::string state_sql(const std::string& source);
  ReadingSince(const Declared& dataset, const PriorState& prior);

  bool first() const { return !at_; }
  Result<SqlRequest> statement(const Catalogue& catalogue) const;

  // The dataset's rows, where they end, and the database's clock.
  struct Reached {
    Onward read;
    std::optional<double> now;
  };
  Reached take(Table answer) const;
  void go_on(Batch& batch, const Reached& reached) const;

 private:
  const Declared& d_;
  std::optional<ReadTo> at_;
  StepSize step_;
  std::int64_t held_;
};

}  // namespace gateway
