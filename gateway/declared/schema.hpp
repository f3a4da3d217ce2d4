// What a dataset's file makes of the cache's schema: its table, its views, its history, its triggers.
#pragma once

#include <string>

#include "base/history_tables.hpp"
#include "declared/dataset.hpp"

namespace gateway {

// All of it, as SQL.
std::string schema_of(const Declared& dataset);

// History in three tiers; empty without `history`, but for a view without rows.
std::string history_schema_of(const Declared& dataset);
// Of a dataset with a history.
HistoryTables history_tables_of(const Declared& dataset);

}  // namespace gateway
