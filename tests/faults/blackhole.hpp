// An address that takes no connection and says nothing: its queue of connections is full, so that the kernel drops who
// knocks. What a host behind a firewall looks like, on the loopback.
#pragma once

#include <string>
#include <vector>

namespace faults {

class Blackhole {
 public:
  Blackhole(const std::string& address, int port);
  ~Blackhole();
  Blackhole(const Blackhole&) = delete;
  Blackhole& operator=(const Blackhole&) = delete;

 private:
  std::vector<int> sockets_;
};

}  // namespace faults
