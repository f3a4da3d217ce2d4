#include "cache/lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <system_error>

#include "base/text.hpp"

namespace gateway {

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

Lock::State Lock::acquire() {
  if (fd_ >= 0) return State::held;
  const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    detail_ = fmt::format("{}: {}", path_.string(), std::generic_category().message(errno));
    return State::impossible;
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[256] = {};
    const auto length = ::read(fd, holder, sizeof holder - 1);
    detail_ = length > 0 ? std::string(trimmed(std::string_view(holder, static_cast<std::size_t>(length)))) : "an unnamed process";
    ::close(fd);
    return State::taken;
  }
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  const auto self = fmt::format("process {} on {}\n", ::getpid(), host);
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, self.data(), self.size(), 0) < 0) {
    detail_ = fmt::format("{}: {}", path_.string(), std::generic_category().message(errno));  // held all the same: only unnamed
  }
  fd_ = fd;
  return State::held;
}

}  // namespace gateway
