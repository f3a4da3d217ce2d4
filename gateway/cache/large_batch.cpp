#include "cache/large_batch.hpp"

#include <algorithm>
#include <span>

namespace gateway {

bool LargeBatch::step() {
  if (write_ < batch_.writes.size()) {
    const auto& write = batch_.writes[write_];
    if (trying_) try_slice(write, changes_[write_]);
    else write_slice(write, changes_[write_]);
  }
  if (write_ < batch_.writes.size()) return false;
  if (!trying_) return true;
  trying_ = false;
  write_ = 0;
  return false;
}

void LargeBatch::try_slice(const Write& write, Changes& changes) {
  std::vector<const Row*> rows;
  for (; row_ < write.rows.size() && rows.size() < slice_rows; ++row_) rows.push_back(&write.rows[row_]);
  if (write.mode != Mode::erase) rows = writer_.differing(write, rows, changes.same);
  writer_.try_rows(write, rows);
  changes.rows.insert(changes.rows.end(), rows.begin(), rows.end());
  if (row_ < write.rows.size()) return;
  ++write_;
  row_ = 0;
}

void LargeBatch::write_slice(const Write& write, Changes& changes) {
  if (write.mode == Mode::replace && !changes.vanishing) {
    changes.vanishing = writer_.ids_in_scope(write);
    for (const auto id : changes.same) changes.vanishing->erase(id);
  }
  if (row_ < changes.rows.size()) {
    const auto rows = std::span(changes.rows).subspan(row_, std::min(slice_rows, changes.rows.size() - row_));
    row_ += rows.size();
    if (write.mode == Mode::erase) writer_.erase(write, rows);
    else writer_.upsert(write, rows);
    if (changes.vanishing) {
      for (const auto id : writer_.ids_of(write, rows)) changes.vanishing->erase(id);
    }
  } else if (changes.vanishing) {
    writer_.erase_ids(write, *changes.vanishing, slice_rows);
  }
  if (row_ < changes.rows.size() || (changes.vanishing && !changes.vanishing->empty())) return;
  changes = {};
  ++write_;
  row_ = 0;
}

}  // namespace gateway
