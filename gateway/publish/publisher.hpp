// Publishes the store to readers, and saves it against power cuts. A publish costs a copy in memory and no write to disk
// (publish_steps.hpp). At intervals, within SAVE_BUDGET, the same file is also saved as CACHE_PATH.saved. The copy is
// made on the loop thread, which owns the store; all later steps run in the publisher's thread, one publish at a time.
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
  // After each publish; with an error, readers keep the last good file.
  std::function<void(const std::optional<std::string>& error)> published;
  // After each save; with an error, the previous saved copy stays, and the next publish shows that to readers.
  std::function<void(const std::optional<std::string>& error)> saved;
  // A warning for operators while publishing continues.
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

  // Starts a publish, including a save if one is due; does nothing and returns false while another is in progress. The copy is
  // made in slices of a few milliseconds.
  bool publish();
  // Publishes synchronously, after waiting for a publish in progress. For the first publish, which is not saved because readers
  // wait for it, and for the last one and `once`, which are saved.
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
