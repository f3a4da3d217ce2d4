#include "publish/publish_steps.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "cache/cache_file.hpp"
#include "cache/move_aside.hpp"

namespace gateway {
namespace {

std::string failed(const char* what, const Directory& directory, const std::string& name) {
  const auto reason = reason_of_errno();
  return fmt::format("{} {}: {}", what, (directory.path() / name).string(), reason);
}

std::string next_of(const std::string& name) { return name + ".next"; }

// Makes a name free. What is no regular file is renamed: it is somebody's, and a directory cannot be unlinked.
std::optional<std::string> clear(const Directory& directory, const std::string& name, const std::string& as) {
  const auto found = directory.look(name);
  if (!found) return std::nullopt;
  if (S_ISREG(found->st_mode)) return directory.unlink(name) ? std::nullopt : std::optional(failed("unlink", directory, name));
  const auto aside = rename_aside(directory, name, as, "in-the-way");
  return aside ? std::nullopt : std::optional(aside.error());
}

bool is_ours(const struct stat& found, const Descriptor& last) { return S_ISREG(found.st_mode) && (!last || id_of(found) == id_of(last)); }

bool cannot_exchange(int error) { return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP; }

// What has come back from the exchange.
std::expected<std::string, std::string> put_away(const Directory& directory, const std::string& name, const Descriptor& last) {
  const auto old = next_of(name);
  const auto found = directory.look(old);
  if (!found) return "";
  if (!is_ours(*found, last)) return rename_aside(directory, old, name, "replaced");
  if (!directory.unlink(old)) return std::unexpected(failed("unlink", directory, old));
  return "";
}

std::expected<Shown, std::string> show_by_rename(const Directory& directory, const std::string& name, const Descriptor& last) {
  Shown shown{.exchanged = false, .displaced = {}};
  if (const auto found = directory.look(name); found && !is_ours(*found, last)) {
    auto aside = rename_aside(directory, name, name, "replaced");
    if (!aside) return std::unexpected(aside.error());
    shown.displaced = std::move(*aside);
  }
  if (::renameat(directory.fd(), next_of(name).c_str(), directory.fd(), name.c_str()) != 0)
    return std::unexpected(failed("rename to", directory, name));
  return shown;
}

std::expected<Shown, std::string> swap(const Directory& directory, const std::string& name, const Descriptor& last) {
  if (::renameat2(directory.fd(), next_of(name).c_str(), directory.fd(), name.c_str(), RENAME_EXCHANGE) == 0) {
    auto displaced = put_away(directory, name, last);
    if (!displaced) return std::unexpected(displaced.error());
    return Shown{.exchanged = true, .displaced = std::move(*displaced)};
  }
  if (errno != ENOENT && !cannot_exchange(errno)) return std::unexpected(failed("exchange with", directory, name));
  const bool first = errno == ENOENT;  // nothing to exchange with
  auto shown = show_by_rename(directory, name, last);
  if (shown && first) shown->exchanged = true;
  return shown;
}

// Not every file system has hard links.
bool copy_to_new(const Directory& directory, const std::string& to, const Descriptor& file) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return false;
  const auto copy = directory.create(to, status.st_mode & 07777U);
  return copy && copy_content(file, copy) && ::fsync(copy.get()) == 0;
}

}  // namespace

std::expected<Descriptor, std::string> create_next(const Directory& directory, const std::string& name) {
  if (auto error = clear(directory, next_of(name), name)) return std::unexpected(std::move(*error));
  auto next = directory.create(next_of(name), 0600);
  if (!next) return std::unexpected(failed("create", directory, next_of(name)));
  return next;
}

void remove_next(const Directory& directory, const std::string& name) { directory.unlink(next_of(name)); }

std::expected<Shown, std::string> show(const Directory& directory, const std::string& name, const Descriptor& next, const Descriptor& last,
                                       mode_t mode) {
  if (const auto fault = faults_of_finished(next))
    return std::unexpected(fmt::format("check {}: {}", (directory.path() / next_of(name)).string(), *fault));
  if (::fchmod(next.get(), mode) != 0) return std::unexpected(failed("chmod", directory, next_of(name)));
  // Left by whoever opened the file for writing; beside a new file they would belong to the wrong one.
  for (const auto* stray : {"-journal", "-wal", "-shm"}) directory.unlink(name + stray);
  auto shown = swap(directory, name, last);
  if (!shown) return shown;
  const auto found = directory.look(name);
  if (!found || id_of(*found) != id_of(next))
    return std::unexpected(fmt::format("{} was replaced at once by another process", (directory.path() / name).string()));
  return shown;
}

std::optional<std::string> save(const Directory& directory, const std::string& name, const Descriptor& file) {
  const auto saved = name + ".saved", next = saved + ".next";
  if (::fsync(file.get()) != 0) return failed("sync", directory, name);
  if (auto error = clear(directory, next, saved)) return error;
  // By the open file: its name may mean another one by now.
  if (::linkat(AT_FDCWD, file.path().c_str(), directory.fd(), next.c_str(), AT_SYMLINK_FOLLOW) != 0 &&
      !copy_to_new(directory, next, file)) {
    auto error = failed("link or copy to", directory, next);
    directory.unlink(next);
    return error;
  }
  if (const auto found = directory.look(saved); found && !S_ISREG(found->st_mode)) {
    if (auto error = clear(directory, saved, saved)) return error;
  }
  if (::renameat(directory.fd(), next.c_str(), directory.fd(), saved.c_str()) != 0) return failed("rename to", directory, saved);
  if (!directory.sync()) return failed("sync the directory of", directory, saved);
  return std::nullopt;
}

}  // namespace gateway
