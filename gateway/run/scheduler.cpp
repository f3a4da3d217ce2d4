#include "run/scheduler.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <csignal>

#include "run/clock_watch.hpp"
#include "run/coroutine.hpp"
#include "run/log.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto nudge = Milliseconds{50};          // between two calls to a thread to come back
constexpr auto stop_within = Milliseconds{2000};  // of SIGTERM
constexpr auto upkeep = Milliseconds{20};         // at a time
constexpr auto tidy_every = std::chrono::seconds{30};
constexpr auto look_at_clock_every = std::chrono::seconds{1};

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Of this thread. Waiting is no part of it, so that what one turn of the loop took is known without knowing when it began.
double cpu_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

}  // namespace

void block_stop_signals() {
  const auto set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Scheduler::Scheduler(Store& store, std::vector<UpstreamSpec> upstreams, SchedulerSettings settings, Lock& lock, RunObserver& observer)
    : store_(store),
      settings_(std::move(settings)),
      observer_(observer),
      publishing_(loop_, store, lock, settings_, observer),
      pool_(upstreams.size()),
      context_{.loop = loop_,
               .pool = pool_,
               .store = store,
               .settings = settings_,
               .observer = observer,
               .changed = [this](bool seen) { publishing_.changed(seen); },
               .began = [this] { publishing_.attempt_began(); },
               .ended = [this] { publishing_.attempt_ended(); },
               .beat = beat_of_host()} {
  for (auto& spec : upstreams) upstreams_.emplace_back(std::move(spec), context_);
  publishing_.when_published([this] {
    for (auto& upstream : upstreams_) upstream.note_publish();
  });
}

bool Scheduler::any_failed() const { return std::ranges::any_of(upstreams_, &UpstreamLoop::any_failed); }
bool Scheduler::left_a_thread_behind() const { return std::ranges::any_of(upstreams_, &UpstreamLoop::busy); }

std::optional<std::string> Scheduler::run() {
  // Readers get what is known before the first answer is waited for. `once` publishes once.
  if (!settings_.once) publishing_.publish_now(Publisher::Save::no);
  asking_ = upstreams_.size();
  for (auto& upstream : upstreams_) asio::co_spawn(loop_, ask(upstream), rethrow_escaped);
  if (!settings_.once) {
    asio::co_spawn(loop_, publishing_.run(), rethrow_escaped);
    asio::co_spawn(loop_, keep_tidy(), rethrow_escaped);
    asio::co_spawn(loop_, watch_clock(), rethrow_escaped);
  }
  asio::co_spawn(loop_, stop_when_told(), rethrow_escaped);
  if (upstreams_.empty() && settings_.once) stop();
  while (!stopping_) {
    const auto before = cpu_ms();
    loop_.run_one();
    store_.note_turn(cpu_ms() - before);
    observer_.turned();
  }
  wait_for_threads();
  return publishing_.publish_now(Publisher::Save::yes);
}

awaitable<void> Scheduler::ask(UpstreamLoop& upstream) {
  co_await upstream.run();
  if (--asking_ == 0) stop();
}

awaitable<void> Scheduler::keep_tidy() {
  while (!stopping_) {
    tidy_timer_.expires_after(tidy_every);
    co_await tidy_timer_.async_wait(quietly);
    if (stopping_) co_return;
    try {
      bool more = store_.tidy(unix_now(), upkeep);
      while (more && !stopping_) {
        co_await asio::post(loop_, asio::use_awaitable);  // others first
        more = store_.roll_history(unix_now(), upkeep);
      }
      store_.compact(upkeep);
    } catch (const std::exception& e) {
      log(Level::error, "tidy_failed", {{"error", e.what()}});
    }
  }
}

awaitable<void> Scheduler::watch_clock() {
  for (auto before = ClockReading::now(); !stopping_;) {
    clock_timer_.expires_after(look_at_clock_every);
    co_await clock_timer_.async_wait(quietly);
    if (stopping_) co_return;
    const auto now = ClockReading::now();
    if (const auto gap = gap_between(before, now)) {
      log(Level::warn, "clock_gap", {{"from", std::to_string(gap->from)}, {"to", std::to_string(gap->to)}, {"text", gap->text}});
      try {
        store_.note_gap(gap->from, gap->to, gap->set_by_s, gap->text);
      } catch (const std::exception& e) {
        log(Level::error, "store_failed", {{"error", e.what()}});
      }
      publishing_.changed(true);
    }
    before = now;
  }
}

awaitable<void> Scheduler::stop_when_told() {
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  const auto held_back = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &held_back, nullptr);
  const auto [error, signal] = co_await signals_.async_wait(quietly);
  if (!error) log(Level::info, "stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  stop();
}

void Scheduler::stop() {
  if (stopping_) return;
  stopping_ = true;
  signals_.cancel();
  publishing_.stop();
  tidy_timer_.cancel();
  clock_timer_.cancel();
  for (auto& upstream : upstreams_) upstream.stop();
}

// Threads were told to come back; one that does not is left behind.
void Scheduler::wait_for_threads() {
  const auto waiting = asio::make_work_guard(loop_);
  for (const auto give_up = Clock::now() + stop_within; Clock::now() < give_up;) {
    loop_.restart();
    loop_.run_for(nudge);
    for (auto& upstream : upstreams_) upstream.stop();
    if (!left_a_thread_behind() && !publishing_.busy()) break;
  }
}

}  // namespace gateway
