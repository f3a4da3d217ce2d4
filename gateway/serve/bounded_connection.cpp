#include "serve/bounded_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace gateway {

bool BoundedConnection::wait(short events) const { return wait_for(fd_, events, deadline_, cancel_) == Wake::ready; }

bool BoundedConnection::is_readable() const { return from_ < to_ || wait(POLLIN); }
bool BoundedConnection::is_writable() const { return wait(POLLOUT); }

ssize_t BoundedConnection::read(char* bytes, std::size_t size) {
  while (from_ == to_) {
    if (to_ == head_.size() || !wait(POLLIN)) return -1;
    const auto received = ::recv(fd_, head_.data() + to_, head_.size() - to_, MSG_DONTWAIT);
    if (received > 0) to_ += static_cast<std::size_t>(received);
    else if (received == 0 || (errno != EAGAIN && errno != EINTR)) return received;
  }
  const auto length = std::min(size, to_ - from_);
  std::copy_n(head_.data() + from_, length, bytes);
  from_ += length;
  return static_cast<ssize_t>(length);
}

ssize_t BoundedConnection::write(const char* bytes, std::size_t size) {
  for (;;) {
    if (!wait(POLLOUT)) return -1;
    const auto sent = ::send(fd_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || (errno != EAGAIN && errno != EINTR)) return sent;
  }
}

}  // namespace gateway
