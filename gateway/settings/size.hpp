// A number of bytes as people write it: 500MB, 5GB, 2GiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gateway {

// kB, MB, GB, TB by thousands, KiB, MiB, GiB, TiB by 1024. From 1 MB to 1000 TB; nullopt: not a size.
std::optional<std::int64_t> parse_size(std::string_view text);

}  // namespace gateway
