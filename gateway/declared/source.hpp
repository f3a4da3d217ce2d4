// A dataset of a file as a source like any other: what it asks, and what its answers mean.
#pragma once

#include <memory>

#include "base/source.hpp"
#include "declared/dataset.hpp"

namespace gateway {

struct SourceLimits {
  std::int64_t most_bytes = 0;  // of the whole cache; an answer that would make it larger is refused
  bool on = true;               // its upstream is configured
  bool in_own_lane = true;      // see Source
};

Source source_of(std::shared_ptr<const Declared> dataset, const SourceLimits& limits);

// The columns as the statement selects them from a table or statement called q, or why they cannot be.
Result<std::string> selected_columns(const Declared& dataset, const Catalogue& catalogue);
// The statement, for PostgreSQL as this catalogue describes it.
Result<SqlRequest> statement_of(const Declared& dataset, const Catalogue& catalogue);
// Rows in the order of `columns`, each checked; `answers` as the upstream gave them.
Result<std::vector<Row>> rows_of(const Declared& dataset, const Table& answer);
Result<std::vector<Row>> rows_of(const Declared& dataset, const HttpAnswer& answer);

}  // namespace gateway
