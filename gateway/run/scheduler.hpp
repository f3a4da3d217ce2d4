// Asks every upstream at its pace and hands what comes back to the store. One loop thread owns the timers, the signals
// and the store; a pool with one thread an upstream does the blocking work, so that a stuck upstream hurts only itself.
// This is the only place that logs how sources state: when it changes, and at most every 30 s while it does not.
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

#include "ask/upstream.hpp"
#include "cache/store.hpp"
#include "publish/publisher.hpp"
#include "run/backoff.hpp"

namespace gateway {

struct UpstreamSpec {
  std::string name;
  std::shared_ptr<Upstream> client;
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
void block_stop_signals();

class Scheduler {
 public:
  Scheduler(Store& store, std::vector<UpstreamSpec> upstreams, SchedulerSettings settings, Lock& lock);
  ~Scheduler();

  // Publishes what the store holds, asks until SIGTERM or SIGINT, publishes again. Blocks. Returns whether the last
  // publish succeeded; with `once`, after one attempt at every upstream.
  std::optional<std::string> run();

  bool any_failed() const { return any_failed_; }
  // A thread did not come back: it still uses this object, which must then not be destroyed before the process ends.
  bool left_a_thread_behind() const;

 private:
  struct UpstreamLoop;  // one upstream's way through its attempts

  boost::asio::awaitable<void> keep_asking(UpstreamLoop& upstream);
  boost::asio::awaitable<std::optional<Milliseconds>> poll_once(UpstreamLoop& upstream);
  boost::asio::awaitable<std::vector<Outcome>> attempt(UpstreamLoop& upstream, std::int64_t now);
  std::vector<Outcome> not_returned(const UpstreamLoop& upstream, std::int64_t now) const;
  boost::asio::awaitable<void> keep_publishing();
  boost::asio::awaitable<void> keep_tidy();
  boost::asio::awaitable<void> stop_when_told();
  Milliseconds record(UpstreamLoop& upstream, const std::vector<Outcome>& outcomes, std::int64_t began_at);
  bool starts_over_for_other_system(const UpstreamLoop& upstream);
  void report(UpstreamLoop& upstream, const Outcome& outcome, const std::optional<Error>& error);
  void published(const std::optional<std::string>& error);
  void stop();

  Store& store_;
  SchedulerSettings settings_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer publish_timer_{loop_}, tidy_timer_{loop_};
  Publisher publisher_;
  std::list<UpstreamLoop> upstreams_;
  std::optional<boost::asio::thread_pool> pool_;
  bool stopping_ = false, changed_ = true, any_failed_ = false;
  Clock::time_point published_at_{}, publish_failed_logged_at_{}, compacted_at_{Clock::now()};
  bool publish_failing_ = false;
};

}  // namespace gateway
