// Where a source's reading goes on from: small named values, kept in the cache beside what they made.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

// SQL for Source::prior_state_sql that answers one row, a column a name, NULL where nothing is kept.
std::string read_cursors(const std::string& source, const std::vector<std::string>& names);
Write write_cursor(const std::string& source, const std::string& name, Value value);

// Where to go on after `rows`, which were read in order of `time` up to `limit` and all that share the last time; nullopt
// where there is nothing more, or only what is dated later than the newest there can be. Just beyond the last row: however
// many share a time, the next step gets further.
std::optional<double> end_of_burst(const Table& rows, std::int64_t limit, double newest);

// PostgreSQL's text form of an array, for `= ANY($1)`.
std::string array_literal(const std::vector<std::string>& items);

// A `timestamp` column as unix seconds; NULL for the infinities.
std::string epoch(const std::string& column);

}  // namespace gateway
