// Asks every upstream at its pace and hands what comes back to the store. One loop thread owns the timers, the signals
// and the store; a pool with one thread an upstream does the blocking work, so that a stuck upstream hurts only itself.
// This is the only place that logs how sources fare: when it changes, and at most every 30 s while it does not.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/backoff.hpp"
#include "publish/publisher.hpp"
#include "cache/store.hpp"
#include "ask/upstream.hpp"

namespace gateway {

struct Asked {
  std::string name;
  std::shared_ptr<Upstream> upstream;
  Pace pace;
  std::vector<SourceSetup> sources;  // those that are on
};

struct SchedulerSettings {
  Milliseconds backoff_cap{}, publish_interval{}, publish_within{};
  bool once = false;
  std::filesystem::path cache_path;
};

// To be called before any thread is started: SIGTERM and SIGINT wait until a scheduler runs, which takes them for what
// they are, instead of ending the process at any point of its start.
void hold_back_stop_signals();

class Scheduler {
 public:
  Scheduler(Store& store, std::vector<Asked> upstreams, SchedulerSettings settings, Lock& lock);
  ~Scheduler();

  // Publishes what the store holds, asks until SIGTERM or SIGINT, publishes again. Blocks. Returns whether the last
  // publish succeeded; with `once`, after one attempt at every upstream.
  std::optional<std::string> run();

  bool any_failed() const { return any_failed_; }
  // A thread did not come back: it still uses this object, which must then not be destroyed before the process ends.
  bool left_a_thread_behind() const;

 private:
  struct Lane;  // one upstream's way through its attempts

  boost::asio::awaitable<void> keep_asking(Lane& lane);
  boost::asio::awaitable<std::optional<Milliseconds>> turn(Lane& lane);
  boost::asio::awaitable<std::vector<Outcome>> attempt(Lane& lane, std::int64_t now);
  std::vector<Outcome> not_returned(const Lane& lane, std::int64_t now) const;
  boost::asio::awaitable<void> keep_publishing();
  boost::asio::awaitable<void> keep_tidy();
  boost::asio::awaitable<void> stop_when_told();
  Milliseconds settle(Lane& lane, const std::vector<Outcome>& outcomes, std::int64_t began_at);
  bool begins_anew(const Lane& lane);
  void report(Lane& lane, const Outcome& outcome, const std::optional<Error>& error);
  void published(const std::optional<std::string>& error);
  void stop();

  Store& store_;
  SchedulerSettings settings_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer publish_timer_{loop_}, tidy_timer_{loop_};
  Publisher publisher_;
  std::list<Lane> lanes_;
  std::optional<boost::asio::thread_pool> pool_;
  bool stopping_ = false, changed_ = true, any_failed_ = false;
  Clock::time_point published_at_{}, publish_failed_logged_at_{}, compacted_at_{Clock::now()};
  bool publish_failing_ = false;
};

}  // namespace gateway
