// Makes the store visible to readers, and safe from a power cut. A live publish costs a copy in memory and no write to the disk:
// publish_steps.hpp says how. Now and then, by the budget for it, the same file is saved as well, as CACHE_PATH.saved. The copy is
// made on the loop thread (the store is there); the steps after it happen in the publisher's own thread, one publish at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/lock.hpp"
#include "cache/store.hpp"
#include "publish/save_pace.hpp"

namespace gateway {

// What one publish took.
struct PublishTimes {
  std::chrono::duration<double> publish{};              // until readers see it
  std::optional<std::chrono::duration<double>> save{};  // where it was saved as well
};

// Called on the loop thread.
struct PublishReports {
  // After each publish; an error says what is wrong and that readers keep the last good file.
  std::function<void(const std::optional<std::string>& error)> published;
  // After each save; an error: the copy saved before stays, and the next publish says so to readers.
  std::function<void(const std::optional<std::string>& error)> saved;
  // What an operator should know although publishing goes on.
  std::function<void(const std::string& text)> notice;
  // After each successful publish, before `published`.
  std::function<void(const PublishTimes& times)> measured;
};

struct PublishedFile {
  std::filesystem::path path;
  mode_t mode;
};

class Publisher {
 public:
  // The lock may still be impossible to take; it is tried again before each publish.
  Publisher(boost::asio::io_context& loop, Store& store, PublishedFile file, Lock& lock, SavePace pace, PublishReports reports);
  ~Publisher();

  // Starts a publish, which is also saved when that is due; or does nothing while one is under way (false). The copy is made in
  // slices, a few milliseconds each.
  bool publish();
  // A publish from start to end, after waiting for one under way. For the first one, which is not saved: readers wait for it;
  // and for the last one and `once`, which are.
  enum class Save { no, yes };
  std::optional<std::string> publish_now(Save save);

  bool busy() const { return busy_; }
  // When the next publish will be saved. Changes with each publish.
  Clock::time_point save_due_at() const;

 private:
  // What the publisher's thread works on.
  struct Work {
    Directory directory;
    Descriptor next;
    std::unique_ptr<StoreCopy> copy;  // until it is complete
    std::int64_t bytes = 0, published_at = 0;
    bool save = false;
    Clock::time_point began = Clock::now();
  };
  struct Result {
    std::optional<std::string> error, save_error, notice;
    bool exchanged = true;
    PublishTimes times{};
  };

  std::optional<std::string> take_lock();
  std::expected<Work, std::string> begin_copy(bool save);
  std::expected<bool, std::string> copy_pages(Work& work, int pages) const;
  void copy_on();
  void finish_in_thread(Work work);
  Result finish(const Work& work) const;
  void finished(Work work, const Result& result);
  void note_saved_before(const Directory& directory);
  Result publish_from_start_to_end(bool save);

  boost::asio::io_context& loop_;
  Store& store_;
  const std::filesystem::path file_;
  const std::string name_;
  const mode_t mode_;
  Lock& lock_;
  const SavePace pace_;
  const PublishReports reports_;
  boost::asio::thread_pool thread_{1};
  bool busy_ = false, began_ = false, exchanges_ = true;
  std::optional<Work> copying_;
  Descriptor shown_;  // open, so that the number of its inode is not given to another file
  std::int64_t count_ = 0, bytes_ = 0, saved_bytes_ = 0, size_ = 0;
  std::optional<std::int64_t> saved_at_;
  Clock::time_point last_saved_{}, retry_save_at_{};
};

}  // namespace gateway
