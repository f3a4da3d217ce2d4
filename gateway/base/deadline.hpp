// A deadline, and a request to stop that wakes blocked threads at once.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace gateway {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

inline std::int64_t unix_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

class Deadline {
 public:
  explicit Deadline(Milliseconds from_now) : at_(Clock::now() + from_now) {}

  bool passed() const { return Clock::now() >= at_; }
  // Never negative; rounded up, so that a poll(2) with it does not spin.
  Milliseconds left() const { return std::max(Milliseconds{0}, std::chrono::ceil<Milliseconds>(at_ - Clock::now())); }

 private:
  Clock::time_point at_;
};

// May be set from any thread; a thread in poll(2) on fd() wakes up. The owner resets it between two attempts.
class Cancel {
 public:
  Cancel() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Cancel() {
    if (fd_ >= 0) ::close(fd_);
  }
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void set() {
    set_ = true;
    ::eventfd_write(fd_, 1);
  }
  void reset() {
    set_ = false;
    eventfd_t ignored = 0;
    ::eventfd_read(fd_, &ignored);
  }
  bool is_set() const { return set_; }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::atomic<bool> set_{false};
};

enum class Wake { ready, timeout, cancelled };

// Blocks until `events` happen on fd, the deadline passes or the wait is cancelled.
inline Wake wait_for(int fd, short events, const Deadline& deadline, const Cancel& cancel) {
  for (;;) {
    if (cancel.is_set()) return Wake::cancelled;
    pollfd fds[2] = {{fd, events, 0}, {cancel.fd(), POLLIN, 0}};
    const int n = ::poll(fds, 2, static_cast<int>(std::min<long>(deadline.left().count(), 60'000)));
    if (cancel.is_set()) return Wake::cancelled;
    if (n > 0 && fds[0].revents != 0) return Wake::ready;
    if (deadline.passed()) return Wake::timeout;
  }
}

}  // namespace gateway
