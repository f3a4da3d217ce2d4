// Where a path is mounted, from the kernel's own list.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

struct Mount {
  std::string point;  // where it is mounted
  std::string type;   // of the file system: ext4, nfs4, fuse.sshfs
};

// `mountinfo`: the text of /proc/self/mountinfo. `path`: absolute, without links. The mount that the path lies on, or is.
std::optional<Mount> mount_of(std::string_view path, std::string_view mountinfo);

// Why the cache must not lie on such a file system; nullopt: it may.
std::optional<std::string> unfit(std::string_view type);

}  // namespace gateway
