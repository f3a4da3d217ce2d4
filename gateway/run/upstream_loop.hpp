// One upstream's way through its attempts: ask in a worker thread, give up in time, store the answers, wait, ask again.
// When that is, next_attempt.hpp decides.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ask/upstream.hpp"
#include "cache/store.hpp"
#include "run/next_attempt.hpp"
#include "run/run_observer.hpp"
#include "run/scheduler_settings.hpp"
#include "run/source_log.hpp"
#include "run/worker_pool.hpp"

namespace gateway {

struct UpstreamSpec {
  std::string name;
  std::shared_ptr<Upstream> client;
  Pace pace;
  std::vector<SourceSetup> sources;  // those that are on
  bool in_own_lane = false;          // of datasets of files: how it fares says nothing about the upstream
  // It is given what is published: it is asked no sooner than something new is, and no publish waits for it.
  bool after_publish = false;
};

// What all upstream loops of a run share. All of it outlives them.
struct LoopContext {
  boost::asio::io_context& loop;
  WorkerPool& pool;
  Store& store;
  const SchedulerSettings& settings;
  RunObserver& observer;
  std::function<void(bool seen)> changed;  // the store holds something new: see publish_loop.hpp
  std::function<void()> began, ended;      // each attempt, with what is stored of it
  Clock::time_point beat{};                // upstreams of one interval are asked at this time and every interval before and after it
};

// Used on the loop thread only.
class UpstreamLoop {
 public:
  UpstreamLoop(UpstreamSpec spec, LoopContext& context);

  // Ends after stop(); with `once`, after one attempt at every source.
  boost::asio::awaitable<void> run();
  // Readers see a new file.
  void note_publish() {
    published_ = true;
    if (spec_.after_publish && !in_flight_) timer_.cancel();
  }
  // Cancels what is under way. May be called again until busy() is false.
  void stop();

  // A worker thread is in Upstream::attempt and uses this object.
  bool busy() const { return in_flight_; }
  bool any_failed() const { return any_failed_; }

 private:
  boost::asio::awaitable<bool> poll_once();
  boost::asio::awaitable<std::vector<Outcome>> attempt(std::int64_t now);
  void start_attempt(std::int64_t now);
  Milliseconds time_for_attempt() const;
  void note_waiting();
  std::vector<SourceSetup> due_sources() const;
  bool waits_for_its_interval(const SourceSetup& setup) const;
  void note_intervals(const std::vector<Outcome>& outcomes, Clock::time_point start);
  std::vector<Outcome> all_failed(std::int64_t at, Milliseconds after, const Error& error) const;
  std::vector<Outcome> not_returned(std::int64_t now) const;
  boost::asio::awaitable<void> record(std::vector<Outcome> outcomes, std::int64_t began_at, Clock::time_point start);
  void schedule(const NextAttempt& next, Clock::time_point start);
  Clock::time_point due() const { return spec_.after_publish && !published_ ? Clock::now() + std::chrono::hours(1) : next_at_; }
  // Whether every answer that came is now in the store, and whether people see more than that there was an attempt.
  struct Stored {
    bool all = true, seen_change = false;
  };
  boost::asio::awaitable<Stored> store_outcomes(const std::vector<Outcome>& outcomes, const AttemptReport& report);
  bool is_reading_on(const SourceSetup& setup) const;

  UpstreamSpec spec_;
  LoopContext& context_;
  boost::asio::steady_timer timer_;
  SourceLog log_;
  AttemptHistory history_;
  Clock::time_point next_at_{}, all_due_at_{};           // the next attempt; the next one that asks all sources
  std::vector<std::string> reading_on_;                  // sources with more to ask at once; the others keep their interval
  std::vector<SourceSetup> asked_;                       // by the attempt under way
  std::vector<std::string> waiting_;                     // sources that are asked at once when this attempt is stored
  bool asked_all_ = false;                               // that were due: not the probe alone, nor those that read on
  std::map<std::string, Clock::time_point> not_before_;  // sources with a longer interval of their own
  std::vector<Job> jobs_;                                // owned here: a thread that is stuck still uses them
  std::optional<Deadline> deadline_;                     // likewise
  bool in_flight_ = false;                               // a worker thread is in attempt()
  std::optional<std::vector<Outcome>> outcomes_;         // what it brought back
  bool published_ = false;                               // since the last attempt began
  bool stopping_ = false, any_failed_ = false;
};

}  // namespace gateway
