// A batch that is too large for one turn of the loop: compared with what is held and tried slice by slice, then written slice by
// slice.
#pragma once

#include <optional>
#include <vector>

#include "base/rows.hpp"
#include "cache/row_writer.hpp"

namespace gateway {

// As many rows as one slice has: a few milliseconds with all that their triggers do.
constexpr std::size_t slice_rows = 250;

class LargeBatch {
 public:
  LargeBatch(RowWriter& writer, const Batch& batch) : writer_(writer), batch_(batch), changes_(batch.writes.size()) {}

  // One slice more. True: all of it is written. Throws what does not fit; while `trying()`, nothing was written then.
  bool step();
  bool trying() const { return trying_; }

 private:
  // What is to be done for one write.
  struct Changes {
    std::vector<const Row*> rows;             // to be written, or of an erasure to be erased
    RowWriter::Ids same;                      // of a replacement: rows that stay as they are
    std::optional<RowWriter::Ids> vanishing;  // of a replacement, once it is written: rows to be deleted
  };

  void try_slice(const Write& write, Changes& changes);
  void write_slice(const Write& write, Changes& changes);

  RowWriter& writer_;
  const Batch& batch_;
  std::vector<Changes> changes_;  // of each write
  bool trying_ = true;
  std::size_t write_ = 0, row_ = 0;  // where it goes on
};

}  // namespace gateway
