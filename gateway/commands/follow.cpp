#include "commands/follow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <iostream>
#include <map>

#include "cache/lock.hpp"
#include "replica/follower.hpp"
#include "run/log.hpp"
#include "run/scheduler.hpp"
#include "serve/endpoints.hpp"
#include "serve/follow_metrics.hpp"
#include "version.hpp"

namespace gateway {
namespace {

constexpr auto log_again = std::chrono::seconds{30};
constexpr auto look_every = Milliseconds{100};  // for a signal while a round is under way
constexpr auto stop_within = Milliseconds{2000};

// Whether SIGTERM or SIGINT came, which are blocked in all threads.
bool stopped_within(Milliseconds time) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  const timespec wait{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
  return ::sigtimedwait(&set, nullptr, &wait) > 0;
}

// Logged when it changes, and now and then while it does not.
class FollowLog {
 public:
  void note(const FollowRound& round) {
    if (round.switched_from) log(Level::warn, "follow_switched", {{"from", *round.switched_from}, {"to", round.origin}});
    if (round.shown) log(Level::debug, "copied", {{"origin", round.origin}});
    for (const auto& state : round.origins) {
      if (state.asked) note(state);
    }
  }

 private:
  struct Failing {
    std::string error;
    Clock::time_point logged_at;
  };

  void note(const OriginState& state) {
    if (!state.error) {
      if (failing_.erase(state.origin) > 0) log(Level::info, "follow_recovered", {{"origin", state.origin}});
      return;
    }
    const auto& [kind, text] = *state.error;
    const auto before = failing_.find(state.origin);
    if (before != failing_.end() && before->second.error == text && Clock::now() - before->second.logged_at < log_again) return;
    failing_.insert_or_assign(state.origin, Failing{text, Clock::now()});
    log(Level::warn, "follow_failed",
        {{"origin", state.origin}, {"class", std::string(to_string(kind))}, {"error", text}, {"text", "readers keep the last good file"}});
  }

  std::map<std::string, Failing> failing_;  // by origin
};

// Twice as long after each failure. Refused keys do not correct themselves.
Milliseconds pause_after(const FollowRound& round, int failures, Milliseconds interval, Milliseconds cap) {
  if (!round.error) return interval;
  if (round.error->kind == ErrorClass::auth) return std::max(cap, interval);
  constexpr int most_doublings = 10;
  return std::max(interval, std::min(cap, interval * (1 << std::min(failures - 1, most_doublings))));
}

class Following {
 public:
  Following(Follower& follower, FollowMetrics& metrics, Milliseconds interval, Milliseconds cap)
      : follower_(follower), metrics_(metrics), interval_(interval), cap_(cap) {}

  // Until a signal comes.
  void run() {
    for (int failures = 0;;) {
      auto round = std::async(std::launch::async, [&] { return follower_.poll(); });
      if (!wait_for(round)) {
        if (round.wait_for(stop_within) == std::future_status::ready) return;
        finish_log();  // it is stuck in the resolver, and must not be waited for
        std::_Exit(0);
      }
      const auto result = round.get();
      log_.note(result);
      metrics_.note(result);
      failures = result.error ? failures + 1 : 0;
      if (wait_until(Clock::now() + pause_after(result, failures, interval_, cap_))) return;
    }
  }

 private:
  // False: a signal came first; the round is told to end.
  bool wait_for(const std::future<FollowRound>& round) {
    while (round.wait_for(Milliseconds{0}) != std::future_status::ready) {
      metrics_.turned();
      if (!stopped_within(look_every)) continue;
      follower_.cancel();
      return false;
    }
    return true;
  }

  bool wait_until(Clock::time_point next) {
    do {
      metrics_.turned();
      const auto left = std::chrono::ceil<Milliseconds>(next - Clock::now());
      if (stopped_within(std::clamp(left, Milliseconds{0}, Milliseconds{1000}))) return true;
    } while (Clock::now() < next);
    return false;
  }

  Follower& follower_;
  FollowMetrics& metrics_;
  const Milliseconds interval_, cap_;
  FollowLog log_;
};

}  // namespace

int follow(const Settings& settings, const ObjectStoreSettings& object_store) {
  constexpr int stopped = 0, cannot_start = 1, bad_settings = 2;
  if (object_store.follow.empty()) {
    std::cerr << "FOLLOW is not set: use s3://BUCKET/KEY, the gateway's OBJECT_STORE_URL\n";
    return bad_settings;
  }
  block_stop_signals();
  set_up_log(settings.log_level, settings.log_json);
  const auto& file = settings.cache_path;
  std::error_code ignored;  // a directory that cannot be made shows at the first copy
  std::filesystem::create_directories(std::filesystem::absolute(file).parent_path(), ignored);
  Lock lock(file);
  if (lock.acquire() == Lock::State::taken) {
    std::cerr << fmt::format("{}: another process publishes this file: {}; stop it, or set CACHE_PATH\n", file.string(), lock.detail());
    return cannot_start;
  }
  log(Level::info, "following", {{"version", version}, {"commit", commit}, {"file", file.string()}});
  Follower follower(object_store, settings.ca_file, {file, settings.cache_mode}, lock);
  if (const auto begun = follower.begin(); !begun) {
    std::cerr << begun.error() << '\n';
    finish_log();
    return cannot_start;
  }
  FollowMetrics metrics(object_store.follow, std::max(object_store.follow_interval, settings.backoff_cap));
  Endpoints endpoints(metrics.vitals(), [&] { return metrics.collect(); }, file);
  std::optional<Listener> listener;
  if (settings.listen) listener.emplace(*settings.listen, [&](std::string_view path) { return endpoints.respond(path); });
  Following(follower, metrics, object_store.follow_interval, settings.backoff_cap).run();
  log(Level::info, "stopping", {});
  finish_log();
  return stopped;
}

}  // namespace gateway
