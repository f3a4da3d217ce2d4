// A client's connection, within bounds: httplib's own stream would wait again for each byte and gather a line of any length.
#pragma once

#include <httplib.h>

#include <array>

#include "base/deadline.hpp"

namespace gateway {

class BoundedConnection : public httplib::Stream {
 public:
  // The deadline is for the whole of it: request, rendering, response. `fd` stays the caller's.
  BoundedConnection(int fd, const Deadline& deadline, const Cancel& cancel) : fd_(fd), deadline_(deadline), cancel_(cancel) {}

  bool is_readable() const override;
  bool is_writable() const override;
  // -1 once more has come than a request head may have.
  ssize_t read(char* bytes, std::size_t size) override;
  ssize_t write(const char* bytes, std::size_t size) override;
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return fd_; }

 private:
  bool wait(short events) const;

  const int fd_;
  const Deadline& deadline_;
  const Cancel& cancel_;
  std::array<char, 4096> head_{};
  std::size_t from_ = 0, to_ = 0;
};

}  // namespace gateway
