#include "publish/publisher.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <future>
#include <system_error>

#include "cache/cache_file.hpp"

namespace gateway {
namespace {

constexpr int slice_pages = 1000;  // 4 MiB: what most installations have is copied at once

std::string failed(const std::string& what, const std::filesystem::path& file) {
  return fmt::format("{} {}: {}", what, file.string(), std::generic_category().message(errno));
}

bool synced(const std::filesystem::path& path, int flags) {
  const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  return file && ::fsync(file.get()) == 0;
}

}  // namespace

std::optional<std::string> finish_publish(const std::filesystem::path& copy, const std::filesystem::path& file) {
  if (const auto fault = faults_of_finished(copy)) return fmt::format("check {}: {}", copy.string(), *fault);
  if (!synced(copy, O_RDONLY)) return failed("sync", copy);
  // Readers may be any user; nobody writes, not even by accident with their own sqlite3.
  if (::chmod(copy.c_str(), 0444) != 0) return failed("chmod", copy);
  // Left by whoever opened the file for writing; beside a new file they would belong to the wrong one.
  for (const auto* stray : {"-journal", "-wal", "-shm"}) ::unlink((file.string() + stray).c_str());
  if (::rename(copy.c_str(), file.c_str()) != 0) return failed("rename to", file);
  const auto directory = std::filesystem::absolute(file).parent_path();
  if (!synced(directory, O_RDONLY | O_DIRECTORY)) return failed("sync", directory);
  return std::nullopt;
}

Publisher::Publisher(boost::asio::io_context& loop, Store& store, std::filesystem::path file, Lock& lock, Done done, Notice notice)
    : loop_(loop), store_(store), file_(std::move(file)), done_(std::move(done)), notice_(std::move(notice)), lock_(lock) {}

Publisher::~Publisher() { thread_.join(); }

std::optional<std::string> Publisher::take_lock() {
  const auto state = lock_.acquire();
  if (const auto news = lock_.news()) notice_(*news);
  switch (state) {
    case Lock::State::held: return std::nullopt;
    case Lock::State::taken: return "another gateway publishes this file: " + lock_.detail();
    case Lock::State::impossible: return "lock " + lock_.detail();
    case Lock::State::lost: return lock_.detail();
  }
  return std::nullopt;
}

Stamp Publisher::stamp() const { return {.published_at = unix_now(), .count = count_ + 1, .bytes_before = bytes_}; }

std::optional<std::string> Publisher::begin_copy() {
  if (auto error = take_lock()) return error;
  ::unlink(next().c_str());
  auto copy = store_.begin_copy(next(), stamp());
  if (!copy) return "copy " + copy.error();
  copying_ = std::move(*copy);
  return std::nullopt;
}

std::optional<std::string> Publisher::copy_at_once() {
  if (copying_) {
    copying_.reset();
    busy_ = false;
  }
  if (auto error = take_lock()) return error;
  ::unlink(next().c_str());
  const auto size = store_.copy_to(next(), stamp());
  if (!size) return "copy " + size.error();
  bytes_under_way_ = *size;
  return std::nullopt;
}

// One slice of the copy; the next one when others have had their turns.
void Publisher::copy_on() {
  if (!copying_) return;  // a publish at once has taken its place
  const auto complete = copying_->step(slice_pages);
  if (!complete) {
    copying_.reset();
    busy_ = false;
    finished("copy " + complete.error());
  } else if (!*complete) {
    boost::asio::post(loop_, [this] { copy_on(); });
  } else {
    bytes_under_way_ = copying_->bytes();
    copying_.reset();
    finish_in_thread();
  }
}

void Publisher::finished(const std::optional<std::string>& error) {
  if (error) {
    ::unlink(next().c_str());
  } else {
    ++count_;
    bytes_ += bytes_under_way_;
  }
  done_(error);
}

bool Publisher::publish() {
  if (busy_) return false;
  if (const auto error = begin_copy()) {
    finished(error);
    return true;
  }
  busy_ = true;
  copy_on();
  return true;
}

void Publisher::finish_in_thread() {
  boost::asio::post(thread_, [this] {
    auto error = [this]() -> std::optional<std::string> {
      try {
        return finish_publish(next(), file_);
      } catch (const std::exception& e) {  // would end the process
        return e.what();
      }
    }();
    boost::asio::post(loop_, [this, error = std::move(error)] {
      busy_ = false;
      finished(error);
    });
  });
}

std::optional<std::string> Publisher::publish_now() {
  // The thread takes one piece of work after the other: an empty one comes back when a publish under way has ended.
  std::promise<void> idle;
  boost::asio::post(thread_, [&] { idle.set_value(); });
  idle.get_future().wait();
  auto error = copy_at_once();
  if (!error) error = finish_publish(next(), file_);
  finished(error);
  return error;
}

}  // namespace gateway
