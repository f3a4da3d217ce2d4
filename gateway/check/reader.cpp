#include "check/reader.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace gateway {
namespace {

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<gid_t> groups_of(const passwd& user) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  return groups;
}

}  // namespace

std::optional<Reader> find_reader(const std::string& text) {
  // NOLINTBEGIN(concurrency-mt-unsafe): before the first thread
  const auto parts = split(text, ':');
  const auto uid = number_of(parts[0]);
  if (!uid) {
    const auto* user = ::getpwnam(text.c_str());
    if (user == nullptr) return std::nullopt;
    return Reader{.name = text, .uid = user->pw_uid, .groups = groups_of(*user)};
  }
  Reader reader{.name = "uid " + text, .uid = *uid, .groups = {}};
  if (parts.size() == 1) {
    if (const auto* user = ::getpwuid(*uid)) reader.groups = groups_of(*user);
    return reader;
  }
  // NOLINTEND(concurrency-mt-unsafe)
  if (parts.size() > 2) return std::nullopt;
  for (const auto group : split(parts[1], ',')) {
    const auto gid = number_of(group);
    if (!gid) return std::nullopt;
    reader.groups.push_back(*gid);
  }
  return reader;
}

bool may(const Reader& reader, const struct stat& file, mode_t wanted) {
  if (reader.uid == 0) return true;
  const auto granted = file.st_uid == reader.uid                                              ? file.st_mode >> 6U
                       : std::ranges::find(reader.groups, file.st_gid) != reader.groups.end() ? file.st_mode >> 3U
                                                                                              : file.st_mode;
  return (granted & wanted) == wanted;
}

std::filesystem::path what_keeps_out(const Reader& reader, const std::filesystem::path& path) {
  std::filesystem::path way;
  for (const auto& part : path) {
    way /= part;
    struct stat status{};
    if (::stat(way.c_str(), &status) != 0) return way;
    if (!may(reader, status, S_ISDIR(status.st_mode) ? S_IXOTH : S_IROTH)) return way;
  }
  return {};
}

}  // namespace gateway
