// Where a source's reading goes on from: small named values, kept in the cache beside what they made.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

// SQL for Source::prior_state_sql that answers one row, a column a name, NULL where nothing is kept.
std::string read_cursors(const std::string& source, const std::vector<std::string>& names);
Write write_cursor(const std::string& source, const std::string& name, Value value);

}  // namespace gateway
