// What a start makes of the files that the last run left.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace gateway {

class Store;

// Loads the published file. What cannot be loaded, in whole or in part, is moved aside first, because the next publish takes its
// place. The error: it can be neither loaded nor kept, so the gateway must not start; with the remedy.
std::expected<void, std::string> load_cache(Store& store, const std::filesystem::path& file);

}  // namespace gateway
