// SQL that a file gives for its own rows, and texts with names of columns in braces.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gateway {

struct Declared;

enum class ExpressionKind { row, added, gone, change, order };

// Why SQLite does not take it as an expression over the dataset's columns; `change`: over old.COLUMN and new.COLUMN, of
// which `added` and `gone` have one only.
// It may use its own row and a list of functions, nothing else: what it says must depend on the row alone.
std::optional<std::string> fault_of_expression(const Declared& dataset, ExpressionKind kind, const std::string& expression);

// "{asset} at {price}": asset, price.
std::vector<std::string> placeholders(const std::string& text);
// The same as SQL, with `row` (new, old) before each name.
std::string text_expression(const std::string& text, const std::string& row);

std::string quoted_name(const std::string& name);   // "name"
std::string quoted_table(const std::string& name);  // "table", or "schema"."table"
std::string quoted_text(const std::string& value);  // 'value'

}  // namespace gateway
