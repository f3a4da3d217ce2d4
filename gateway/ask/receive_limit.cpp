#include "ask/receive_limit.hpp"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <optional>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Loopback brings some megabytes in a millisecond: look often while bytes come, and rarely while none do.
constexpr auto shortest_pause = 1ms, longest_pause = 10ms;

std::optional<std::uint64_t> received(int socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  return info.tcpi_bytes_received;
}

ino_t inode_of(int socket) {
  struct stat status{};
  return ::fstat(socket, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

ReceiveLimit::ReceiveLimit() : thread_([this](const std::stop_token& stop) { look_after(stop); }) {}

ReceiveLimit::~ReceiveLimit() { rest(); }

bool ReceiveLimit::watch(int socket, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto inode = inode_of(socket);
  if (socket_ >= 0 && inode == inode_) return true;
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  exceeded_ = false;
  const auto so_far = received(socket);
  if (!so_far) return true;  // no TCP
  // Little may be on its way: what arrives while this thread waits for its turn on a busy machine is bounded by that. Less than
  // the packets of the loopback (64 KiB) and what a distant server sends in a round trip would slow every good answer down.
  const int in_flight = 256 << 10;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &in_flight, sizeof in_flight);
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (socket_ < 0) return false;
  inode_ = inode;
  seen_ = *so_far;
  end_ = *so_far + bytes;
  ++generation_;
  changed_.notify_one();
  return true;
}

void ReceiveLimit::rest() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool ReceiveLimit::exceeded() {
  const std::lock_guard lock(mutex_);
  return exceeded_;
}

void ReceiveLimit::look_after(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!changed_.wait(lock, stop, [this] { return socket_ >= 0 && !exceeded_; })) return;
    const auto watched = generation_;
    auto pause = std::chrono::milliseconds(shortest_pause);
    while (socket_ >= 0 && generation_ == watched && !exceeded_) {
      changed_.wait_for(lock, stop, pause, [&] { return generation_ != watched; });
      if (stop.stop_requested()) return;
      if (socket_ < 0 || generation_ != watched) break;
      const auto now = received(socket_).value_or(seen_);
      pause = now > seen_ ? std::chrono::milliseconds(shortest_pause) : std::min(2 * pause, std::chrono::milliseconds(longest_pause));
      seen_ = now;
      if (now > end_) {
        exceeded_ = true;
        ::shutdown(socket_, SHUT_RDWR);  // what still arrives is answered by a reset
      }
    }
  }
}

}  // namespace gateway
