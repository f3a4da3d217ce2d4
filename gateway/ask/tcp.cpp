#include "ask/tcp.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <system_error>

namespace gateway {

std::string Address::text() const {
  char host[NI_MAXHOST] = "?";
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), length, host, sizeof host, nullptr, 0, NI_NUMERICHOST);
  return host;
}

Result<std::vector<Address>> resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    // "No such name" is an answer: endpoint we ask is gone. A resolver that does not answer says nothing about them.
    const bool gone = error == EAI_NONAME || error == EAI_NODATA;
    return failure(gone ? ErrorClass::dns : ErrorClass::resolver, fmt::format("{}: {}", host, ::gai_strerror(error)));
  }
  std::vector<Address> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    Address address;
    std::copy_n(reinterpret_cast<const char*>(a->ai_addr), a->ai_addrlen, reinterpret_cast<char*>(&address.storage));
    address.length = a->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

Error connect_error(const std::string& name, int error) {
  const auto text = fmt::format("{}: {}", name, std::generic_category().message(error));
  switch (error) {
    case ECONNREFUSED: return {ErrorClass::refused, text};
    case ETIMEDOUT: return {ErrorClass::timeout, text + " while connecting"};
    case ECONNRESET: return {ErrorClass::closed, text};
    default: return {ErrorClass::other, text};  // no route, network down: no refusal by the peer
  }
}

Milliseconds share(const Deadline& deadline, std::size_t addresses_left) {
  return std::max(Milliseconds{1}, deadline.left() / static_cast<std::int64_t>(std::max<std::size_t>(1, addresses_left)));
}

Result<int> connect_tcp(const std::vector<Address>& addresses, const std::string& name, const Deadline& deadline, const Cancel& cancel) {
  Error last{ErrorClass::dns, name + ": no address"};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto& address = addresses[i];
    const Deadline turn(share(deadline, addresses.size() - i));
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
      return failure(ErrorClass::other, fmt::format("{}: cannot create a socket: {}", name, std::generic_category().message(errno)));
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = 0;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
      error = errno;
      if (error == EINPROGRESS) {
        const auto wake = wait_for(fd, POLLOUT, turn, cancel);
        socklen_t size = sizeof error;
        error = wake == Wake::ready && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : ETIMEDOUT;
      }
    }
    if (error == 0) return fd;
    ::close(fd);
    last = connect_error(fmt::format("{} ({})", name, address.text()), error);
    if (cancel.is_set()) break;
  }
  return std::unexpected(last);
}

}  // namespace gateway
