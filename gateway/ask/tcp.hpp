// Names to addresses, and addresses to connected sockets, one address at a time within one deadline.
// Resolving is a step of its own because getaddrinfo(3) cannot be cancelled: it blocks only its upstream's thread.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/error.hpp"

namespace gateway {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  std::string text() const;  // numeric, without the port
};

// Blocks as long as the system's resolver does.
Result<std::vector<Address>> resolve(const std::string& host, const std::string& port);

// A connected, non-blocking socket that the caller closes. Errors: refused, timeout, closed (unreachable).
Result<int> connect_tcp(const std::vector<Address>& addresses, const std::string& name, const Deadline& deadline, const Cancel& cancel);

// What it means that `name` could not be connected to, from errno.
Error connect_error(const std::string& name, int error);

// What an address's share of the time left is: all of it for the last, else an even split, so that dead
// addresses before a live one do not use up the deadline.
Milliseconds share(const Deadline& deadline, std::size_t addresses_left);

}  // namespace gateway
