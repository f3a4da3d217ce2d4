#include "blackhole.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace faults {

Blackhole::Blackhole(const std::string& address, int port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  const auto* const name = reinterpret_cast<const sockaddr*>(&where);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockets_.push_back(listener);
  if (::bind(listener, name, sizeof where) != 0 || ::listen(listener, 0) != 0) throw std::runtime_error("cannot listen on " + address);
  // Connections until one is not taken any more.
  for (int n = 0; n < 20; ++n) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockets_.push_back(fd);
    ::connect(fd, name, sizeof where);
    pollfd waiting{fd, POLLOUT, 0};
    constexpr int long_for_a_loopback_ms = 200;
    if (::poll(&waiting, 1, long_for_a_loopback_ms) == 0) return;
  }
  throw std::runtime_error("the queue of " + address + " does not fill");
}

Blackhole::~Blackhole() {
  for (const int fd : sockets_) ::close(fd);
}

}  // namespace faults
