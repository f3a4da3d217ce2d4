// What a start makes of the files that the last run left.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace gateway {

class Store;

struct LoadedCache {
  bool from_saved_copy = false;  // what was published after that copy is lost
};

// Loads the published file, or, where that did not survive, the copy that was saved last. What cannot be loaded, in whole or in
// part, is moved aside first, because the next publish takes its place. The error: it can be neither loaded nor kept, so the
// gateway must not start; with the remedy.
std::expected<LoadedCache, std::string> load_cache(Store& store, const std::filesystem::path& file);

}  // namespace gateway
