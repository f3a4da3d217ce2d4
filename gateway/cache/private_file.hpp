// Files in a directory that other users can write. Nothing here follows a symbolic link in the last part of a name or waits for
// a FIFO; a name is looked at once, and what was opened is used from then on, whatever the name means by now.
// Functions that return an empty Descriptor or false leave the reason in errno. They block on the disk.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace gateway {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // A name for the open file itself, whatever has become of the name it was opened by. For linkat, and SQLite by vfs_for().
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_ = -1;
};

// Which file it is, under whatever name. Numbers are used again once a file is gone and closed.
struct FileId {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const FileId&) const = default;
};
FileId id_of(const struct stat& status);
std::optional<FileId> id_of(const Descriptor& file);

// "a symbolic link, mode 0777, owner 1000:1000"
std::string describe(const struct stat& status);
// Of the current errno.
std::string reason_of_errno();

// Regular files only; anything else is EINVAL, a symbolic link ELOOP.
Descriptor open_regular(const std::filesystem::path& file);

// All names are relative to it, so that a directory that is renamed meanwhile stays the same.
class Directory {
 public:
  explicit Directory(const std::filesystem::path& path);

  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  FileId id() const { return id_; }
  const std::filesystem::path& path() const { return path_; }  // as it was opened
  struct stat status() const;

  std::optional<struct stat> look(const std::string& name) const;  // at the name itself, without following it
  Descriptor open_regular(const std::string& name, int flags) const;
  // A new file, for reading and writing, with exactly this mode whatever the umask is. EEXIST when the name is taken by anything.
  Descriptor create(const std::string& name, mode_t mode) const;
  // True also when there was nothing.
  bool unlink(const std::string& name) const;
  bool rename_to_free(const std::string& from, const std::string& to) const;  // EEXIST when `to` is taken
  bool sync() const;

 private:
  std::filesystem::path path_;
  Descriptor fd_;
  FileId id_;
};

// The directory of a file that is named without one is the current directory.
Directory directory_of(const std::filesystem::path& file);

// Appends the whole of one open file to another.
bool copy_content(const Descriptor& from, const Descriptor& to);

}  // namespace gateway
