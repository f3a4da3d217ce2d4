// Swaps a finished file into view. The copy is made on the loop thread (the store is there); syncing, checking and
// renaming happen in the publisher's own thread, one publish at a time. A reader sees the old file or the new one, whole.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/lock.hpp"
#include "cache/store.hpp"

namespace gateway {

// The steps from a closed copy to the published name: sync, check, mode 0444, strays unlinked, rename, directory sync.
// Blocks on the disk. nullopt: published.
std::optional<std::string> finish_publish(const std::filesystem::path& copy, const std::filesystem::path& file);

class Publisher {
 public:
  // Called on the loop thread after each publish; an error says what is wrong and that readers keep the last good file.
  using Done = std::function<void(const std::optional<std::string>& error)>;
  // Called on the loop thread for what an operator should know although publishing goes on.
  using Notice = std::function<void(const std::string& text)>;

  // The lock may still be impossible to take; it is tried again before each publish.
  Publisher(boost::asio::io_context& loop, Store& store, std::filesystem::path file, Lock& lock, Done done, Notice notice);
  ~Publisher();

  // Starts a publish, or does nothing while one is under way (false). The copy is made in slices, a few milliseconds each.
  bool publish();
  // A publish from start to end, after waiting for one under way. For the first and the last one, and for `once`.
  std::optional<std::string> publish_now();

  bool busy() const { return busy_; }

 private:
  std::optional<std::string> take_lock();
  std::optional<std::string> begin_copy();
  std::optional<std::string> copy_at_once();
  void copy_on();
  Stamp stamp() const;
  void finish_in_thread();
  std::filesystem::path next() const { return file_.string() + ".next"; }
  void finished(const std::optional<std::string>& error);

  boost::asio::io_context& loop_;
  Store& store_;
  std::filesystem::path file_;
  Done done_;
  Notice notice_;
  Lock& lock_;
  boost::asio::thread_pool thread_{1};
  bool busy_ = false;
  std::unique_ptr<StoreCopy> copying_;  // under way
  std::int64_t count_ = 0, bytes_ = 0, bytes_under_way_ = 0;
};

}  // namespace gateway
