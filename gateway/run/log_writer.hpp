// Writes log lines from a thread of its own, so that logging never waits for the reader of the log: a full pipe, a
// stopped terminal, a hanging disk. What does not fit the queue is dropped, counted, and reported as soon as that is possible.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/deadline.hpp"

namespace gateway {

class LogWriter {
 public:
  // The line (with its line end) that reports so many dropped lines. Called on the writer's thread.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  // Starts the thread; throws std::system_error when there can be none.
  LogWriter(int descriptor, std::size_t queue_bytes, Notice notice);
  // Waits for a line that is being written: never destroy one whose reader may be stuck.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // From any thread; never blocks on the reader.
  void write(std::string_view line);
  // Waits until all that was queued has been written, but no longer than that. False: it was not.
  bool drain(Milliseconds at_most);
  // Lines dropped since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  void run();
  bool write_out(std::string_view text) const;

  const int descriptor_;
  const std::size_t queue_bytes_;
  const Notice notice_;
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::string queue_;
  std::uint64_t queued_lines_ = 0, reported_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  bool writing_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace gateway
