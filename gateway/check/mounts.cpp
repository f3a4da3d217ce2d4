#include "check/mounts.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace gateway {
namespace {

// Blanks and backslashes in a mount point are written as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto octal = text.substr(i + 1, 3);
    const bool escaped = text[i] == '\\' && octal.size() == 3 && octal.find_first_not_of("01234567") == std::string_view::npos;
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain += static_cast<char>((octal[0] - '0') * 64 + (octal[1] - '0') * 8 + (octal[2] - '0'));
    i += 3;
  }
  return plain;
}

bool lies_on(std::string_view path, std::string_view point) {
  if (point == "/" || path == point) return true;
  return path.starts_with(point) && path.substr(point.size()).starts_with('/');
}

}  // namespace

std::optional<Mount> mount_of(std::string_view path, std::string_view mountinfo) {
  constexpr std::size_t point_field = 4;
  std::optional<Mount> found;
  for (const auto line : split(mountinfo, '\n')) {
    const auto fields = split(line, ' ');
    const auto separator = std::ranges::find(fields, std::string_view("-"));
    if (fields.size() <= point_field || separator == fields.end() || separator + 1 == fields.end()) continue;
    auto point = unescaped(fields[point_field]);
    // A later mount at the same place hides the earlier one.
    if (lies_on(path, point) && (!found || point.size() >= found->point.size())) {
      found = Mount{.point = std::move(point), .type = std::string(*(separator + 1))};
    }
  }
  return found;
}

std::optional<std::string> unfit(std::string_view type) {
  static constexpr std::array network{"nfs", "nfs4",   "cifs", "smb3",      "smbfs", "afs",      "ceph",
                                      "9p",  "lustre", "gfs2", "glusterfs", "ocfs2", "fuse.ceph"};
  static constexpr std::array desktop{"virtiofs", "vboxsf", "prl_fs", "fuse.osxfs", "osxfs", "fuse.grpcfuse", "fuse.vmhgfs-fuse", "vmhgfs"};
  const auto is_in = [&](const auto& list) { return std::ranges::find(list, type) != list.end(); };
  if (is_in(network)) return "a network file system: a publish is not atomic for readers on other hosts, and the lock may not hold";
  if (is_in(desktop)) return "a desktop's shared folder: it does not exchange two files atomically, and changes arrive late";
  if (type.starts_with("fuse.")) return "a FUSE file system: most cannot exchange two files atomically";
  return std::nullopt;
}

}  // namespace gateway
