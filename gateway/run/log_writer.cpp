#include "run/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace gateway {

LogWriter::LogWriter(int descriptor, std::size_t queue_bytes, Notice notice)
    : descriptor_(descriptor), queue_bytes_(queue_bytes), notice_(std::move(notice)), thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogWriter::write(std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + line.size() > queue_bytes_) {
      ++dropped_;
      return;
    }
    queue_ += line;
    ++queued_lines_;
  }
  wake_.notify_one();
}

bool LogWriter::drain(Milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, at_most, [this] { return queue_.empty() && !writing_; });
}

void LogWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::string batch;
    batch.swap(queue_);
    const auto lines = std::exchange(queued_lines_, 0);
    writing_ = true;
    lock.unlock();
    const bool written = write_out(batch);
    if (!written) dropped_ += lines;
    if (const auto dropped = dropped_.load(); written && dropped > reported_) {
      write_out(notice_(dropped - reported_));
      reported_ = dropped;
    }
    lock.lock();
    writing_ = false;
    idle_.notify_all();
  }
}

// Blocks until the reader takes it. False: the reader is gone, or the disk is full.
bool LogWriter::write_out(std::string_view text) const {
  while (!text.empty()) {
    const auto n = ::write(descriptor_, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {  // another process that shares the descriptor made it non-blocking
      pollfd writable{descriptor_, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace gateway
