// SQLite on a file that is open already. SQLite's own file access knows files by name only, and in a directory that others can
// write a name may mean another file by the time it is opened.
#pragma once

#include <filesystem>
#include <string>

namespace gateway {

// The file access that SQLite is to use for a path: ours for a Descriptor::path(), whose file it reads and writes by
// descriptor, without locks, journals or syncs; else "", SQLite's own.
std::string vfs_for(const std::filesystem::path& file);

}  // namespace gateway
