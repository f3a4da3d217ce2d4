// Whether another user may read the cache, from owners and modes.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gateway {

struct Reader {
  std::string name;  // as given
  uid_t uid = 0;
  std::vector<gid_t> groups;
};

// A user's name, or UID, UID:GID, UID:GID,GID. nullopt: neither, or there is no such user.
std::optional<Reader> find_reader(const std::string& text);

// Whether `wanted` (S_IROTH, S_IXOTH or both) is granted to the reader. Access control lists are not considered.
bool may(const Reader& reader, const struct stat& file, mode_t wanted);

// The first directory on the way to `path`, or that path itself, which keeps the reader out; empty: none does.
std::filesystem::path what_keeps_out(const Reader& reader, const std::filesystem::path& path);

}  // namespace gateway
