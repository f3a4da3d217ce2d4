// Which of the files that were set aside stay.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

// Of the files in `directory` whose names begin with `prefix`, the newest stays, and of the others the four that are worth
// most: what a file has that nobody can give again is its events. Names sort by age. Never throws.
void keep_the_most_worth(const std::filesystem::path& directory, const std::string& prefix);

}  // namespace gateway
