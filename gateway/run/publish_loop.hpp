// Decides when the store is published: soon after a change, at least every `publish_within` without one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "publish/publisher.hpp"
#include "run/coroutine.hpp"
#include "run/scheduler_settings.hpp"

namespace gateway {

// Used on the loop thread only.
class PublishLoop {
 public:
  // All arguments must outlive it.
  PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings);

  // Ends after stop().
  boost::asio::awaitable<void> run();
  void stop();

  // The store holds something new.
  void changed();
  // Blocks; for the first and the last publish. Returns what went wrong.
  std::optional<std::string> publish_now(Publisher::Save save);
  bool busy() const { return publisher_.busy(); }

 private:
  void note(const std::optional<std::string>& error);
  void note_save(const std::optional<std::string>& error);

  const SchedulerSettings& settings_;
  Store& store_;
  Publisher publisher_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false, changed_ = true, failing_ = false, save_failing_ = false;
  Clock::time_point published_at_{}, failure_logged_at_{}, save_failure_logged_at_{};
};

}  // namespace gateway
