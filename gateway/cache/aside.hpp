// Retention of files that were moved aside.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

// Of the files in `directory` whose names begin with `prefix`, the newest and the four with the most events stay, because
// events cannot be fetched again. Names sort by age. Never throws.
void keep_the_most_worth(const std::filesystem::path& directory, const std::string& prefix);

}  // namespace gateway
