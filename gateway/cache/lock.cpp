#include "cache/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "cache/lock_holder.hpp"
#include "cache/move_aside.hpp"

namespace gateway {
namespace {

constexpr off_t longest_lock_file = 4096;  // anything longer is something else, and is not to be written over

// Those who may publish: the owner, and the group where the directory is shared by one.
mode_t lock_mode(const struct stat& directory) { return (directory.st_mode & (S_IWGRP | S_IWOTH)) == S_IWGRP ? 0660 : 0600; }

// Whose file may be our lock. Anybody else's is renamed, even where it cannot be opened: it would keep us from ever starting.
bool known_owner(const struct stat& file, const struct stat& directory) {
  return file.st_uid == ::geteuid() || file.st_uid == 0 || file.st_uid == directory.st_uid;
}

// What makes it a file that is not to be taken for our lock, nor written into. nullopt: it is one, with mode and group set.
std::optional<std::string> why_no_lock(const Descriptor& file, const Directory& directory) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return reason_of_errno();
  const auto shared = directory.status();
  if (status.st_nlink > 1 || status.st_size > longest_lock_file || !known_owner(status, shared)) return describe(status);
  auto mode = lock_mode(shared);
  if (mode == 0660 && status.st_gid != shared.st_gid && ::fchown(file.get(), static_cast<uid_t>(-1), shared.st_gid) != 0) mode = 0600;
  if ((status.st_mode & 07777U) != mode && ::fchmod(file.get(), mode) != 0) return describe(status);
  return std::nullopt;
}

void write_own_name(const Descriptor& file) {
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  const auto self = fmt::format("process {} of uid {} on {}\n", ::getpid(), ::geteuid(), host);
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), self.data(), self.size(), 0) < 0) return;  // held, only unnamed
}

}  // namespace

Lock::Lock(const std::filesystem::path& cache_file)
    : parent_(cache_file.has_parent_path() ? cache_file.parent_path() : "."), name_(cache_file.filename().string() + ".lock") {}

Lock::State Lock::acquire() {
  if (lost_) return State::lost;
  std::optional<std::string> gone;
  if (held_) {
    gone = why_no_longer_ours();
    if (!gone) return State::held;
  }
  auto taken = take();
  if (taken) {
    held_ = std::move(*taken);
    if (gone) news_ = *gone + "; it was taken again";
    return State::held;
  }
  detail_ = taken.error().detail;
  if (!gone || taken.error().state != State::taken) return taken.error().state;
  lost_ = true;
  detail_ = fmt::format("{}, and another gateway publishes now: {}; this one no longer does: stop one of them", *gone, detail_);
  return State::lost;
}

std::optional<std::string> Lock::why_no_longer_ours() {
  Directory now(parent_);
  if (!now || now.id() != held_->directory) return fmt::format("{} is another directory than before", parent_.string());
  const auto found = now.look(name_);
  directory_ = std::move(now);
  if (!found || id_of(*found) != held_->id) return fmt::format("the lock file {} was removed or replaced", (parent_ / name_).string());
  return std::nullopt;
}

std::expected<Lock::Held, Lock::Refused> Lock::take() {
  constexpr int attempts = 10;  // each fails only when somebody changes the name at this very moment
  for (int n = 0; n < attempts; ++n) {
    Directory directory(parent_);
    if (!directory) return std::unexpected(Refused{State::impossible, fmt::format("{}: {}", parent_.string(), reason_of_errno())});
    auto file = open(directory);
    if (!file) return std::unexpected(file.error());
    if (!*file) continue;
    if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return std::unexpected(impossible(directory));
      return std::unexpected(Refused{State::taken, holder_of_lock(*file)});
    }
    const auto id = id_of(*file);
    const auto found = directory.look(name_);
    if (!id || !found || id_of(*found) != *id) continue;  // it was replaced before we held it
    if (const auto reason = why_no_lock(*file, directory)) {
      if (const auto refused = displace(directory, *reason)) return std::unexpected(*refused);
      continue;
    }
    write_own_name(*file);
    const auto where = directory.id();
    directory_ = std::move(directory);
    return Held{std::move(*file), *id, where};
  }
  return std::unexpected(Refused{State::impossible, fmt::format("{}: the name keeps changing", (parent_ / name_).string())});
}

// An empty descriptor: to be tried again.
std::expected<Descriptor, Lock::Refused> Lock::open(const Directory& directory) {
  if (auto file = directory.open_regular(name_, O_RDWR)) return file;
  if (errno == ENOENT) {
    auto file = directory.create(name_, 0600);  // opened to its group once that is the right one
    if (!file && errno != EEXIST) return std::unexpected(impossible(directory));
    return file;
  }
  auto refused = impossible(directory);
  const auto found = directory.look(name_);
  if (found && S_ISREG(found->st_mode) && known_owner(*found, directory.status())) return std::unexpected(std::move(refused));
  if (found) {
    if (auto kept = displace(directory, describe(*found))) return std::unexpected(std::move(*kept));
  }
  return Descriptor();
}

std::optional<Lock::Refused> Lock::displace(const Directory& directory, const std::string& reason) {
  const auto aside = rename_aside(directory, name_, name_, "no-lock");
  if (!aside) return Refused{State::impossible, aside.error()};
  news_ = fmt::format("{} was {} and no lock file; it is {} now", (parent_ / name_).string(), reason, *aside);
  return std::nullopt;
}

Lock::Refused Lock::impossible(const Directory& directory) const {
  const auto reason = reason_of_errno();
  const auto found = directory.look(name_);
  return {State::impossible,
          fmt::format("{}: {} ({}; the gateway runs as {}:{})", (parent_ / name_).string(), reason,
                      found ? describe(*found) : "the directory is " + describe(directory.status()), ::geteuid(), ::getegid())};
}

}  // namespace gateway
