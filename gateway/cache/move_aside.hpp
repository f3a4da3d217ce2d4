// What is there and cannot stay is kept under another name.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "cache/private_file.hpp"

namespace gateway {

// Keeps `file` under a dated name beside it, safely on the disk; of those, five stay (aside.hpp). A regular file
// stays in view where it may be linked or copied; all else is renamed, which needs rights on the directory only. A symbolic
// link is renamed itself. Blocks on the disk. Returns the new name, or why it cannot be kept: then it must not be replaced.
std::expected<std::filesystem::path, std::string> move_aside(const std::filesystem::path& file, const std::string& label);

// The same for a thing that is in the way, whatever it is: it is renamed and never opened. `as`: the name that its new name
// begins with. Returns the new name.
std::expected<std::string, std::string> rename_aside(const Directory& directory, const std::string& name, const std::string& as,
                                                     const std::string& label);

}  // namespace gateway
