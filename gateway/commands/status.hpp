// What `status` and `ping` say. Both read the published file and nothing else.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace gateway {

// 0 all fresh, 3 something stale or never fetched, 4 no readable cache. `colour` is for terminals.
int print_status(const std::filesystem::path& cache, bool json, bool colour, std::ostream& out, std::ostream& err);

// 0 the gateway on this cache is alive: it publishes. 1 it is not.
int ping(const std::filesystem::path& cache, std::ostream& out, std::ostream& err);

}  // namespace gateway
