// A planned outage, as an operator announces it: the file `maintenance` beside the cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

struct Maintenance {
  std::string text;                   // one line, at most 300 bytes
  std::optional<std::int64_t> until;  // unix seconds; nullopt: until the file is removed
};

// A first line `until TIME` (UTC, unless it has an offset), if any; the rest is the text.
Maintenance parse_maintenance(std::string_view content);

// nullopt: there is no such file, or nothing that can be read. Blocks on the disk for microseconds.
std::optional<Maintenance> read_maintenance(const std::filesystem::path& cache_file);

}  // namespace gateway
