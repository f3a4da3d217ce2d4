#include "cache/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace gateway {
namespace {

constexpr int never_follow = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;  // O_NONBLOCK: the open of a FIFO does not wait

Descriptor only_regular(Descriptor file) {
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return {};
  if (S_ISREG(status.st_mode)) return file;
  errno = EINVAL;
  return {};
}

const char* kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "a regular file";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

FileId id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

std::optional<FileId> id_of(const Descriptor& file) {
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  return id_of(status);
}

std::string describe(const struct stat& status) {
  return fmt::format("{}, mode {:04o}, owner {}:{}", kind_of(status.st_mode), status.st_mode & 07777U, status.st_uid, status.st_gid);
}

std::string reason_of_errno() { return std::generic_category().message(errno); }

Descriptor open_regular(const std::filesystem::path& file) {
  return only_regular(Descriptor(::open(file.c_str(), O_RDONLY | never_follow)));
}

Directory::Directory(const std::filesystem::path& path) : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  id_ = id_of(fd_).value_or(FileId{});
}

struct stat Directory::status() const {
  struct stat status{};
  ::fstat(fd(), &status);
  return status;
}

std::optional<struct stat> Directory::look(const std::string& name) const {
  struct stat status{};
  if (::fstatat(fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return status;
}

Descriptor Directory::open_regular(const std::string& name, int flags) const {
  return only_regular(Descriptor(::openat(fd(), name.c_str(), flags | never_follow)));
}

Descriptor Directory::create(const std::string& name, mode_t mode) const {
  Descriptor file(::openat(fd(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | never_follow, mode & 0700U));
  if (file && ::fchmod(file.get(), mode) != 0) {
    const int error = errno;
    unlink(name);
    errno = error;
    return {};
  }
  return file;
}

bool Directory::unlink(const std::string& name) const { return ::unlinkat(fd(), name.c_str(), 0) == 0 || errno == ENOENT; }

bool Directory::rename_to_free(const std::string& from, const std::string& to) const {
  if (::renameat2(fd(), from.c_str(), fd(), to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (look(to)) {  // the next best on file systems that cannot do both in one step
    errno = EEXIST;
    return false;
  }
  return ::renameat(fd(), from.c_str(), fd(), to.c_str()) == 0;
}

bool Directory::sync() const { return ::fsync(fd()) == 0; }

Directory directory_of(const std::filesystem::path& file) {
  return Directory(file.has_parent_path() ? file.parent_path() : std::filesystem::path("."));
}

bool copy_content(const Descriptor& from, const Descriptor& to) {
  std::array<char, 65536> piece;
  for (off_t at = 0;;) {
    const auto length = ::pread(from.get(), piece.data(), piece.size(), at);
    if (length <= 0) return length == 0;
    for (ssize_t written = 0; written < length;) {
      const auto n = ::write(to.get(), piece.data() + written, static_cast<std::size_t>(length - written));
      if (n < 0) return false;
      written += n;
    }
    at += length;
  }
}

}  // namespace gateway
