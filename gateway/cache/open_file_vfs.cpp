#include "cache/open_file_vfs.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <string_view>

namespace gateway {
namespace {

constexpr std::string_view prefix = "/proc/self/fd/";

struct OpenFile {
  sqlite3_file base;  // first: SQLite knows it by this
  int fd;
};

int fd_of(sqlite3_file* file) { return reinterpret_cast<OpenFile*>(file)->fd; }

int close(sqlite3_file* file) { return ::close(fd_of(file)) == 0 ? SQLITE_OK : SQLITE_IOERR_CLOSE; }

int read(sqlite3_file* file, void* data, int length, sqlite3_int64 at) {
  auto* const bytes = static_cast<char*>(data);
  for (int done = 0; done < length;) {
    const auto n = ::pread(fd_of(file), bytes + done, static_cast<std::size_t>(length - done), at + done);
    if (n < 0) return SQLITE_IOERR_READ;
    if (n == 0) {  // SQLite wants the rest zeroed
      std::memset(bytes + done, 0, static_cast<std::size_t>(length - done));
      return SQLITE_IOERR_SHORT_READ;
    }
    done += static_cast<int>(n);
  }
  return SQLITE_OK;
}

int write(sqlite3_file* file, const void* data, int length, sqlite3_int64 at) {
  const auto* const bytes = static_cast<const char*>(data);
  for (int done = 0; done < length;) {
    const auto n = ::pwrite(fd_of(file), bytes + done, static_cast<std::size_t>(length - done), at + done);
    if (n <= 0) return n < 0 && errno != ENOSPC && errno != EDQUOT ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    done += static_cast<int>(n);
  }
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) { return ::ftruncate(fd_of(file), size) == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE; }

int size(sqlite3_file* file, sqlite3_int64* out) {
  struct stat status{};
  if (::fstat(fd_of(file), &status) != 0) return SQLITE_IOERR_FSTAT;
  *out = status.st_size;
  return SQLITE_OK;
}

const sqlite3_io_methods& methods() {
  static const sqlite3_io_methods methods = [] {
    sqlite3_io_methods m{};
    m.iVersion = 1;
    m.xClose = close;
    m.xRead = read;
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xFileSize = size;
    m.xSync = [](sqlite3_file*, int) { return SQLITE_OK; };
    m.xLock = m.xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; };
    m.xCheckReservedLock = [](sqlite3_file*, int* out) {
      *out = 0;
      return SQLITE_OK;
    };
    m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
    m.xSectorSize = [](sqlite3_file*) { return 4096; };
    m.xDeviceCharacteristics = [](sqlite3_file*) { return 0; };
    return m;
  }();
  return methods;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const std::string_view path = name == nullptr ? "" : name;
  int fd = -1;
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0 || !path.starts_with(prefix)) return SQLITE_CANTOPEN;  // no journal, no temporary file
  const auto [end, error] = std::from_chars(path.data() + prefix.size(), path.data() + path.size(), fd);
  if (error != std::errc{} || end != path.data() + path.size()) return SQLITE_CANTOPEN;
  fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return SQLITE_CANTOPEN;
  reinterpret_cast<OpenFile*>(file)->fd = fd;
  file->pMethods = &methods();
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

const char* registered_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs v = *sqlite3_vfs_find(nullptr);  // time, randomness and the like stay as they are
    v.zName = "open-file";
    v.pNext = nullptr;
    v.szOsFile = sizeof(OpenFile);
    v.xOpen = open;
    v.xDelete = [](sqlite3_vfs*, const char*, int) { return SQLITE_OK; };
    v.xAccess = [](sqlite3_vfs*, const char*, int, int* out) {
      *out = 0;  // it has no journal
      return SQLITE_OK;
    };
    v.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
      if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
      std::strcpy(out, name);
      return SQLITE_OK;
    };
    return v;
  }();
  static const int result = sqlite3_vfs_register(&vfs, 0);
  static_cast<void>(result);
  return vfs.zName;
}

}  // namespace

std::string vfs_for(const std::filesystem::path& file) { return file.native().starts_with(prefix) ? registered_vfs() : ""; }

}  // namespace gateway
