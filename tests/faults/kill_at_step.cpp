// Preloaded into the gateway: counts the calls by which a publish comes about, and kills the process just before the one
// whose number KILL_AT_STEP says. The step is named on standard error first. Every sixteenth page of a copy is a step.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function original(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool ours(const char* path) { return std::strstr(path, "cache.db") != nullptr; }

void step(const char* name) {
  static const int wanted = [] {
    const char* value = std::getenv("KILL_AT_STEP");
    return value == nullptr ? -1 : std::atoi(value);
  }();
  static std::atomic<int> steps{0};
  if (++steps != wanted) return;
  static_cast<void>(::write(STDERR_FILENO, "killed before ", 14));
  static_cast<void>(::write(STDERR_FILENO, name, std::strlen(name)));
  static_cast<void>(::write(STDERR_FILENO, "\n", 1));
  ::kill(::getpid(), SIGKILL);
}

}  // namespace

extern "C" {

int fsync(int fd) {
  step("fsync");
  return original<int (*)(int)>("fsync")(fd);
}

int fchmod(int fd, mode_t mode) noexcept {
  step("chmod");
  return original<int (*)(int, mode_t)>("fchmod")(fd, mode);
}

int unlinkat(int directory, const char* name, int flags) noexcept {
  if (ours(name)) step(std::strcmp(name, "cache.db.next") == 0 ? "unlink of the predecessor" : "unlink");
  return original<int (*)(int, const char*, int)>("unlinkat")(directory, name, flags);
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) noexcept {
  if (ours(to)) step((flags & RENAME_EXCHANGE) != 0 ? "exchange" : "rename to a free name");
  return original<int (*)(int, const char*, int, const char*, unsigned)>("renameat2")(from_directory, from, to_directory, to, flags);
}

int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  if (ours(to)) step("rename");
  return original<int (*)(int, const char*, int, const char*)>("renameat")(from_directory, from, to_directory, to);
}

int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
  if (ours(to)) step("link of the saved copy");
  return original<int (*)(int, const char*, int, const char*, int)>("linkat")(from_directory, from, to_directory, to, flags);
}

ssize_t pwrite(int fd, const void* data, size_t length, off_t at) {
  constexpr off_t every = 16 * 4096;
  if (at % every == 0) step("a page of the copy");
  return original<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite")(fd, data, length, at);
}

}  // extern "C"
