// A cache file as it travels: one zstd frame, with the size of the content and a checksum in it. `zstd -d` makes a file of it again.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "cache/private_file.hpp"

namespace gateway {

// Of the whole file, from its begin. The error: why it cannot be read.
std::expected<std::string, std::string> compressed(const Descriptor& file);

// Appends the content to an empty file. The error: it is no such frame, is cut off or damaged, or holds more than `most_bytes`.
std::expected<void, std::string> decompress(std::string_view frame, std::int64_t most_bytes, const Descriptor& to);

}  // namespace gateway
