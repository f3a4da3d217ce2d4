// A bound on what a peer can make a library read. libpq reads as long as bytes arrive, without a word to its caller, so a
// check after each of its calls comes too late: one call has read 90 MiB. This watches the socket from a thread of its own
// and shuts it down as soon as more than a limit has arrived, which the library sees as a connection that was lost.
// Unix sockets do not count what they received: the server behind one is trusted.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace gateway {

class ReceiveLimit {
 public:
  ReceiveLimit();
  ~ReceiveLimit();
  ReceiveLimit(const ReceiveLimit&) = delete;
  ReceiveLimit& operator=(const ReceiveLimit&) = delete;

  // From now on at most `bytes` more may arrive on this socket, TLS and all. The same socket as before goes on being counted;
  // another one is watched in its place. The library may close it meanwhile. False: no descriptor was left to watch it with.
  bool watch(int socket, std::uint64_t bytes);
  void rest();
  // Whether what was watched last was shut down.
  bool exceeded();

 private:
  void look_after(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int socket_ = -1;  // a duplicate: the number of the library's own may name another file by now
  ino_t inode_ = 0;  // of the socket
  std::uint64_t end_ = 0, seen_ = 0;
  std::uint64_t generation_ = 0;
  bool exceeded_ = false;
  std::jthread thread_;  // last, so that it ends first
};

}  // namespace gateway
