// An attempt's answers on their way into the store, a slice at a time, so that no answer, however large, holds up the loop.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/source.hpp"
#include "cache/attempt_record.hpp"
#include "cache/database.hpp"
#include "cache/row_writer.hpp"

namespace gateway {

class LargeBatch;

// Made by Store::begin_storing; it and what it was given outlive it. An answer of a few hundred rows is stored whole or not at
// all. Of a larger one every row is tried first, so that one that does not fit costs nothing; then the rows are written, slice by
// slice, with all that follows from them. Nothing is published in between (Store::whole), and the cursor comes with the last
// slice, so that readers and a restart see all of it or nothing.
class Storing {
 public:
  Storing(Database& database, RowWriter& writer, std::set<Storing*>& under_way, std::span<const Outcome> outcomes,
          std::span<const SourceSetup> sources, AttemptReport report);
  ~Storing();
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;

  // Goes on for about so long, at least by a slice. Returns whether all is done. What SQLite throws leaves done what was done.
  bool step(Milliseconds budget);
  // When done: of each outcome, in order, what went wrong. An answer that does not fit the schema is a failure of its source.
  const std::vector<std::optional<Error>>& errors() const { return errors_; }
  // When done: whether people see more of it than that there was an attempt.
  bool seen_change() const { return seen_change_; }

 private:
  void slice();
  std::optional<Error> store_small(const Outcome& outcome, const Source& source);
  std::optional<Error> store_slice();
  void outcome_stored(const std::optional<Error>& error);
  bool is_large(const Batch& batch);

  Database& database_;
  RowWriter& writer_;
  std::set<Storing*>& under_way_;
  std::span<const Outcome> outcomes_;
  AttemptReport report_;
  std::vector<const Source*> sources_;  // of the outcomes
  std::vector<std::optional<Error>> errors_;
  std::unique_ptr<LargeBatch> large_;  // the outcome at hand, when it is one
  bool done_ = false, seen_change_ = false;
};

}  // namespace gateway
