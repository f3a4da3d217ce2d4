// One run: the loops of all upstreams, the publisher's, upkeep, and an orderly end at SIGTERM or SIGINT. One thread owns the
// timers, the signals and the store; a pool with one thread per upstream does the blocking work, so that a stuck upstream
// hurts only itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "cache/lock.hpp"
#include "cache/store.hpp"
#include "run/publish_loop.hpp"
#include "run/run_observer.hpp"
#include "run/scheduler_settings.hpp"
#include "run/upstream_loop.hpp"
#include "run/worker_pool.hpp"

namespace gateway {

// To be called before any thread is started: SIGTERM and SIGINT wait until a scheduler runs and handles them, instead of
// ending the process at any point of its start.
void block_stop_signals();

class Scheduler {
 public:
  // Throws std::runtime_error when the system refuses a thread. All references must outlive it.
  Scheduler(Store& store, std::vector<UpstreamSpec> upstreams, SchedulerSettings settings, Lock& lock, RunObserver& observer);

  // Publishes what the store holds, asks until SIGTERM or SIGINT, publishes again. Blocks. Returns whether the last
  // publish succeeded; with `once`, after one attempt at every upstream.
  std::optional<std::string> run();

  bool any_failed() const;
  // A thread did not come back: it still uses this object, which must then not be destroyed before the process ends.
  bool left_a_thread_behind() const;

 private:
  boost::asio::awaitable<void> ask(UpstreamLoop& upstream);
  boost::asio::awaitable<void> keep_tidy();
  boost::asio::awaitable<void> watch_clock();
  boost::asio::awaitable<void> stop_when_told();
  void stop();
  void wait_for_threads();

  Store& store_;
  SchedulerSettings settings_;
  RunObserver& observer_;
  boost::asio::io_context loop_{1};
  boost::asio::signal_set signals_{loop_};
  boost::asio::steady_timer tidy_timer_{loop_}, clock_timer_{loop_};
  PublishLoop publishing_;
  WorkerPool pool_;
  LoopContext context_;
  std::list<UpstreamLoop> upstreams_;
  std::size_t asking_ = 0;  // upstream loops that have not ended
  bool stopping_ = false;
};

}  // namespace gateway
