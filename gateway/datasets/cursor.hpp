// Where a source's reading goes on from: small named values, kept in the cache beside what they made.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

// SQL for Source::prior_state_sql that answers one row, a column a name, NULL where nothing is kept.
std::string read_cursors(const std::string& source, const std::vector<std::string>& names);
Write write_cursor(const std::string& source, const std::string& name, Value value);

// PostgreSQL's text form of an array, for `= ANY($1)`.
std::string array_literal(const std::vector<std::string>& items);

// Those that can be of the type: one that is no uuid would fail the whole statement, where the column is of uuids.
std::vector<std::string> keys_of_type(const std::string& type, const std::vector<std::string>& keys);

}  // namespace gateway
