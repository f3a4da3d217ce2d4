// One value of an upstream as a column's type; the same rules for PostgreSQL's texts and for JSON.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/rows.hpp"
#include "declared/dataset.hpp"

namespace gateway {

// The error says what was expected. It never contains the value.
using Converted = std::expected<Value, std::string>;

// PostgreSQL's text form.
Converted value_of_text(const DeclaredColumn& column, std::string_view text, std::int64_t longest_text);
// nullptr and JSON null are NULL.
Converted value_of_json(const DeclaredColumn& column, const Json* json, std::int64_t longest_text);

}  // namespace gateway
