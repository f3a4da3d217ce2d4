#include "cache/move_aside.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>

#include "cache/aside.hpp"
#include "cache/private_file.hpp"

namespace gateway {
namespace {

constexpr const char* infix = ".aside-";

// The time comes before the label, so that names sort by age. `n`: another name each time.
std::string aside_name(const std::string& name, const std::string& label, int n) {
  const auto at = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()) + std::chrono::milliseconds{n};
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{}{}{:%Y-%m-%dT%H-%M-%S}.{:03}Z-{}", name, infix, fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                     (at - second).count(), label);
}

// Each returns false with the reason in errno, and leaves nothing behind then.
bool link_to(const Directory& directory, const std::string& name, const std::string& aside) {
  return ::linkat(directory.fd(), name.c_str(), directory.fd(), aside.c_str(), 0) == 0;
}

bool copy_to(const Directory& directory, const std::string& name, const std::string& aside) {
  const auto from = directory.open_regular(name, O_RDONLY);
  struct stat status{};
  if (!from || ::fstat(from.get(), &status) != 0) return false;
  const auto to = directory.create(aside, status.st_mode & 0777U);
  if (!to) return false;
  if (copy_content(from, to) && ::fsync(to.get()) == 0) return true;
  const int error = errno;
  directory.unlink(aside);
  errno = error;
  return false;
}

// Whose files may be read into another file: nobody else can have put a name there for something that is private to us.
bool ours(const struct stat& file, const Directory& directory) {
  return S_ISREG(file.st_mode) && (file.st_uid == ::geteuid() || file.st_uid == 0 || file.st_uid == directory.status().st_uid);
}

bool keep(const Directory& directory, const std::string& name, const struct stat& found, const std::string& aside) {
  if (S_ISREG(found.st_mode)) {
    if (link_to(directory, name, aside)) return true;
    // Not every file system has hard links, nor may everybody make them.
    if (errno != EEXIST && ours(found, directory) && copy_to(directory, name, aside)) return true;
    if (errno == EEXIST) return false;
  }
  return directory.rename_to_free(name, aside);
}

// `act` on dated names until one is free. nullopt: it failed for another reason, which is in errno.
std::optional<std::string> to_free_name(const std::string& name, const std::string& label,
                                        const std::function<bool(const std::string&)>& act) {
  constexpr int attempts = 100;
  for (int n = 0; n < attempts; ++n) {
    const auto aside = aside_name(name, label, n);
    if (act(aside)) return aside;
    if (errno != EEXIST) break;
  }
  return std::nullopt;
}

std::string why_not_kept(const Directory& directory, const std::string& name) {
  const auto reason = reason_of_errno();
  const auto found = directory.look(name);
  return fmt::format("cannot keep {} under another name: {} (it is {}; the directory is {}; the gateway runs as {}:{})",
                     (directory.path() / name).string(), reason, found ? describe(*found) : "gone", describe(directory.status()),
                     ::geteuid(), ::getegid());
}

}  // namespace

std::expected<std::filesystem::path, std::string> move_aside(const std::filesystem::path& file, const std::string& label) {
  const auto directory = directory_of(file);
  const auto name = file.filename().string();
  const auto found = directory ? directory.look(name) : std::nullopt;
  if (!found) return std::unexpected(fmt::format("{}: {}", file.string(), reason_of_errno()));
  const auto aside = to_free_name(name, label, [&](const std::string& free) { return keep(directory, name, *found, free); });
  if (!aside) return std::unexpected(why_not_kept(directory, name));
  // What was published last need not have reached the disk, and this may become the only copy.
  if (const auto content = directory.open_regular(*aside, O_RDONLY)) ::fsync(content.get());
  directory.sync();
  keep_the_most_worth(directory.path(), name + infix);
  return directory.path() / *aside;
}

std::expected<std::string, std::string> rename_aside(const Directory& directory, const std::string& name, const std::string& as,
                                                     const std::string& label) {
  const auto aside = to_free_name(as, label, [&](const std::string& free) { return directory.rename_to_free(name, free); });
  if (!aside) return std::unexpected(why_not_kept(directory, name));
  keep_the_most_worth(directory.path(), as + infix);
  return *aside;
}

}  // namespace gateway
