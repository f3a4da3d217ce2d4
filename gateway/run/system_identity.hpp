// Whether a database is the one that the cached rows came from.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

class Store;

// `identity`: what the upstream has said of itself, `<system id>/<name>`; empty: it has none, or has not answered yet.
// True: it is another system. Then a copy of the file has been set aside, and what was read from the old one is forgotten.
// Throws std::runtime_error when that cannot be set aside: it stays, and nothing of the other system may be stored with it.
bool starts_over_for_other_system(Store& store, const std::filesystem::path& cache_path, const std::string& upstream,
                                  const std::string& identity);

}  // namespace gateway
