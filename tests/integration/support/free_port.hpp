// A TCP port of the loopback that nobody has.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <stdexcept>

namespace integration {

// Below the range that the kernel gives to outgoing connections, so that nobody takes it while its server is away.
inline int free_port() {
  static std::minstd_rand random{std::random_device{}()};
  for (int n = 0; n < 1000; ++n) {
    const int port = std::uniform_int_distribution<int>(20000, 31999)(random);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace integration
