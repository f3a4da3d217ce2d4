// Decides when the store is published: soon after a change, at least every `publish_within` without one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "publish/publisher.hpp"
#include "run/coroutine.hpp"
#include "run/run_observer.hpp"
#include "run/scheduler_settings.hpp"

namespace gateway {

// Used on the loop thread only.
class PublishLoop {
 public:
  // All arguments must outlive it.
  PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings, RunObserver& observer);

  // Ends after stop().
  boost::asio::awaitable<void> run();
  void stop();

  // The store holds something new.
  void changed();
  // Blocks; for the first and the last publish. Returns what went wrong.
  std::optional<std::string> publish_now(Publisher::Save save);
  bool busy() const { return publisher_.busy(); }

 private:
  void note_maintenance();

  // Logged when it begins to fail, now and then while it does, and when it has recovered.
  struct Step {
    const char *failed, *recovered, *consequence;
    bool failing = false;
    Clock::time_point logged_at{};
  };
  void published(const std::optional<std::string>& error);
  void saved(const std::optional<std::string>& error);
  void note(Step& step, const std::optional<std::string>& error);

  const SchedulerSettings& settings_;
  Store& store_;
  RunObserver& observer_;
  Publisher publisher_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false, changed_ = true;
  Clock::time_point published_at_{};
  Step publish_{"publish_failed", "publish_recovered", "readers keep the last good file"};
  Step save_{"save_failed", "save_recovered", "the copy saved before is what a power cut would leave"};
};

}  // namespace gateway
