// Decides when the store is published: soon after a visible change, at least every `publish_within` without one, and before
// the published file would show an answering source as stale.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>

#include "publish/publisher.hpp"
#include "run/coroutine.hpp"
#include "run/run_observer.hpp"
#include "run/scheduler_settings.hpp"

namespace gateway {

// Used only on the loop thread.
class PublishLoop {
 public:
  // All arguments must outlive it.
  PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings, RunObserver& observer);

  // Called after each publish that readers see.
  void when_published(std::function<void()> shown) { shown_ = std::move(shown); }
  // Ends after stop().
  boost::asio::awaitable<void> run();
  void stop();

  // The store has changed. `seen`: visibly, beyond the record of an attempt.
  void changed(bool seen);
  // An attempt has begun, or is stored. Attempts that start together share a publish.
  void attempt_began() { ++under_way_; }
  void attempt_ended();
  // Blocks; for the first and the last publish. Returns what went wrong.
  std::optional<std::string> publish_now(Publisher::Save save);
  bool busy() const { return publisher_.busy(); }

 private:
  void note_maintenance();

  // Logged when it begins to fail, at intervals while it fails, and when it recovers.
  struct Step {
    const char *failed, *recovered, *consequence;
    bool failing = false;
    Clock::time_point logged_at{};
  };
  Clock::time_point due() const;
  void published(const std::optional<std::string>& error);
  void saved(const std::optional<std::string>& error);
  void note(Step& step, const std::optional<std::string>& error);

  const SchedulerSettings& settings_;
  Store& store_;
  RunObserver& observer_;
  std::function<void()> shown_ = [] {};
  Publisher publisher_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false, changed_ = true;
  int under_way_ = 0;
  Clock::time_point published_at_{}, changed_at_{};        // changed: the first time since it was published
  Clock::time_point stale_at_ = Clock::time_point::max();  // then the published file would say what is not so
  Step publish_{"publish_failed", "publish_recovered", "readers keep the last good file"};
  Step save_{"save_failed", "save_recovered", "a power cut would leave the previous saved copy"};
};

}  // namespace gateway
