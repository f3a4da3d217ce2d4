// Signals with the numbers 1, 2, 3 ... for their prices, two in each transaction, and what may be read of them at any
// moment, whatever becomes of the gateway: all of 1..n for an even n, the same in the list, in the history of events and in
// the source's own count, and never fewer than before.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "mounted_reader.hpp"
#include "upstreams.hpp"

namespace integration {

class NumberedSignals {
 public:
  explicit NumberedSignals(const Upstreams& upstreams) : upstreams_(upstreams) {}
  void insert_until(const std::stop_token& stop);
  std::int64_t last() const { return last_; }

 private:
  const Upstreams& upstreams_;
  std::atomic<std::int64_t> last_ = 0;
};

// What watching came to.
struct Watched {
  std::int64_t reads = 0, newest = 0, outages = 0;
  std::vector<std::string> faults;  // the first of them
};

// Whose file is watched: that of one gateway, in which nothing once seen is ever missing, or a copy of now the one and now the other's.
enum class WatchedFile { of_one_gateway, of_several };

// Readers like Grafana's, on a read-only mount, that poll until stopped and look once more then.
class Watch {
 public:
  Watch(const std::filesystem::path& directory, std::size_t readers, WatchedFile file = WatchedFile::of_one_gateway);
  // The sum of the reads, the least of the rest, all faults.
  Watched stop();

 private:
  std::vector<std::unique_ptr<MountedReader>> readers_;
};

}  // namespace integration
