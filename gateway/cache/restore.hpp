// A published file's rows back into the working database.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cache/database.hpp"
#include "declared/files.hpp"

namespace gateway {

// Copies what fits from a file that inspect() found good or older, table by table, by the columns that both have and whose types fit;
// returns a line for each table that did not fit. `declared`: datasets that were renamed, or whose file is faulty now. Throws when the file
// cannot be opened.
std::vector<std::string> restore(Database& database, const std::filesystem::path& file, const DeclaredDatasets& declared = {});

}  // namespace gateway
