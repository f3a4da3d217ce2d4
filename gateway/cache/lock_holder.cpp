#include "cache/lock_holder.hpp"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/text.hpp"

namespace gateway {
namespace {

// A line of /proc/locks: "12: FLOCK  ADVISORY  WRITE 4711 08:01:9978259 0 EOF". The device is not always the one that stat
// gives (overlayfs, btrfs), so a line with the same file number and another device is the second choice.
std::optional<std::string> pid_of_holder(const struct stat& file) {
  const auto device = fmt::format("{:02x}:{:02x}", ::major(file.st_dev), ::minor(file.st_dev));
  const auto number = std::to_string(file.st_ino);
  std::optional<std::string> second_choice;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string index, kind, advisory, access, pid, place;
    words >> index >> kind >> advisory >> access >> pid >> place;
    if (kind != "FLOCK" || !place.ends_with(":" + number)) continue;
    if (place == device + ":" + number) return pid;
    second_choice = pid;
  }
  return second_choice;
}

std::string field_of_process(const std::string& pid, const std::string& name) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    const auto value = trimmed(std::string_view(line).substr(name.size() + 1));
    return std::string(value.substr(0, value.find('\t')));
  }
  return "?";
}

std::string printable(std::string_view text) {
  constexpr std::size_t shown = 100;
  return shortened(one_line(clean_utf8(trimmed(text))), shown);
}

}  // namespace

std::string holder_of_lock(const Descriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) == 0) {
    if (const auto pid = pid_of_holder(status))
      return printable(
          fmt::format("process {} of uid {}, command {}", *pid, field_of_process(*pid, "Uid"), field_of_process(*pid, "Name")));
  }
  char text[256] = {};
  const auto length = ::pread(file.get(), text, sizeof text, 0);
  if (length <= 0) return "a process that cannot be seen from here";
  return "a process that cannot be seen from here; the lock file says: " + printable({text, static_cast<std::size_t>(length)});
}

}  // namespace gateway
