// What a table needs that is read on from where it was left, and is too large to be read whole: a place in the order of
// (time, id) for what is new; beside it every ten minutes a slow pass over all that should be held, whenever it was committed
// or changed; and the keys of what is held, in turn, for what was deleted. Pure functions of the prior state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "datasets/step_size.hpp"
#include "datasets/time_order.hpp"

namespace gateway {

// Ten minutes after the last one began, or as soon as that one has ended, if it took longer; at once when the clock was set back,
// or when there was none yet.
bool pass_begins(const Value& passed_at, std::int64_t now, bool is_on);

// What a dataset that reads on keeps in the cache.
struct HeldRows {
  std::string source;
  std::string table, time, key;                          // its table in the cache, and the columns of it
  std::string where = "true";                            // which rows of it are this dataset's
  std::string pass;                                      // the cursor that has a value while a pass is on
  static constexpr std::int64_t checked_at_once = 1000;  // keys
  std::vector<std::string> cursors = {};                 // further ones of its own
};

// For Source::prior_state_sql: three answers, which ReadingOn takes; whatever a dataset adds comes after them.
std::vector<std::string> reading_on_state(const HeldRows& held);

class ReadingOn {
 public:
  ReadingOn(const HeldRows& held, const PriorState& prior, std::int64_t largest_step);

  bool first = true;                  // nothing was read yet
  ReadTo at;                          // where reading goes on; not when first
  StepSize step;                      // rows to read at once
  bool pass_begins = false;           // now
  bool passing = false;               // a pass is on, or begins
  std::optional<double> newest_held;  // its time
  std::vector<std::string> keys;      // to be checked now, in their order

  Value cursor(const std::string& name) const { return cursors_.at(0, name); }
  void keep(Batch& batch, const std::string& name, Value value) const;

  // Rows for the table in the cache.
  void take(Batch& batch, Table rows) const;
  // The rows asked for by key. Erases what was not found, and goes on to the next keys.
  void take_held(Batch& batch, const std::vector<std::string>& asked, Table rows) const;
  // Takes what TimeOrder::onward brought, if it was asked, and moves the place on. Sees whether rows were deleted: then a pass begins
  // with the next attempt, at once, and all keys are checked.
  void go_on(Batch& batch, const Head& head, const Table* onward) const;
  // A pass has begun: when, and that all keys are to be checked.
  void note_begin_of_pass(Batch& batch, std::int64_t now) const;

 private:
  const HeldRows& held_;
  const Table& cursors_;
  bool checking_ = false;
};

}  // namespace gateway
