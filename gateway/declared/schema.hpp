// What a dataset's file makes of the cache's schema: its table, its views, its history, its triggers.
#pragma once

#include <string>
#include <string_view>

#include "declared/dataset.hpp"

namespace gateway {

// All of it, as SQL.
std::string schema_of(const Declared& dataset);

// `{name}` replaced, for each pair: SQL has too many braces of its own kinds for less.
std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values);

// History in three tiers; empty without `history`, but for a view without rows.
std::string history_schema_of(const Declared& dataset);

}  // namespace gateway
