#include "run/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <new>

#include "run/log.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);  // a cancelled timer is no exception
constexpr auto grace = Milliseconds{250};                      // for a thread to come back after it was told to
constexpr auto nudge = Milliseconds{50};                       // between two calls to do so
constexpr auto stop_within = Milliseconds{2000};               // of SIGTERM
constexpr auto log_again = std::chrono::seconds{30};
constexpr auto tidy_every = std::chrono::seconds{10};

std::vector<Outcome> all_failed(const std::vector<SourceSetup>& sources, std::int64_t at, Milliseconds after, const Error& error) {
  std::vector<Outcome> outcomes;
  for (const auto& setup : sources) {
    outcomes.push_back({.source = setup.source->name,
                        .sent_at = at,
                        .requests = 0,
                        .timing = {.duration_ms = static_cast<double>(after.count())},
                        .result = std::unexpected(error)});
  }
  return outcomes;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Of the same name, and the system's id of one of them is not known.
bool may_be_same(const std::string& identity, const std::string& other) {
  const auto name = [](const std::string& i) { return i.substr(std::min(i.find('/'), i.size())); };
  return (identity.starts_with('/') || other.starts_with('/')) && name(identity) == name(other);
}

// Of a coroutine: what none of the walls has held ends the process, so that whoever watches it starts it again.
void rethrow_escaped(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

void block_stop_signals() {
  const auto set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

struct Scheduler::UpstreamLoop {
  UpstreamLoop(UpstreamSpec upstream_spec, asio::io_context& loop, Milliseconds cap)
      : spec(std::move(upstream_spec)), backoff(spec.pace.interval, cap), timer(loop) {}

  struct SourceState {  // how one source source_states
    bool failing = false;
    ErrorClass kind = ErrorClass::other;
    Clock::time_point logged_at{};
    Clock::time_point good_at = Clock::now();  // its last success by the steady clock
    double already_s = 0;                      // its age when this run began
  };

  UpstreamSpec spec;
  Backoff backoff;
  asio::steady_timer timer;
  bool in_flight = false;                        // a pool thread is in attempt()
  std::optional<std::vector<Outcome>> outcomes;  // what it brought back
  std::vector<Job> jobs;                         // owned here: a thread that is stuck still uses them
  std::optional<Deadline> deadline;
  std::map<std::string, SourceState> source_states;
  bool asked_otherwise = false;  // the last attempt brought nothing but the wish to ask anew
  bool finished = false;
};

Scheduler::Scheduler(Store& store, std::vector<UpstreamSpec> upstreams, SchedulerSettings settings, Lock& lock)
    : store_(store),
      settings_(std::move(settings)),
      publisher_(loop_, store, settings_.cache_path, lock, [this](const auto& error) { published(error); }) {
  for (auto& asked : upstreams) {
    if (asked.sources.empty()) continue;
    auto& upstream = upstreams_.emplace_back(std::move(asked), loop_, settings_.backoff_cap);
    for (const auto& setup : upstream.spec.sources) {
      const auto age = store_.query("SELECT max(0, unixepoch() - last_success_at) FROM source WHERE source = ?", {setup.source->name});
      upstream.source_states[setup.source->name].already_s = age.empty() ? 0 : number(age.rows[0][0]).value_or(0);
    }
  }
  pool_.emplace(std::max<std::size_t>(1, upstreams_.size()));
}

Scheduler::~Scheduler() = default;

bool Scheduler::left_a_thread_behind() const {
  return std::ranges::any_of(upstreams_, [](const auto& upstream) { return upstream.in_flight; });
}

std::vector<Outcome> Scheduler::not_returned(const UpstreamLoop& upstream, std::int64_t now) const {
  return all_failed(
      upstream.spec.sources, now, upstream.spec.pace.timeout + grace,
      {ErrorClass::timeout, upstream.spec.name + ": no answer in time, and the attempt cannot be stopped; is name resolution stuck?"});
}

awaitable<std::vector<Outcome>> Scheduler::attempt(UpstreamLoop& upstream, std::int64_t now) {
  upstream.jobs.clear();
  for (const auto& setup : upstream.spec.sources) {
    Job job{.source = setup.source, .prior = store_.prior_state(*setup.source, now)};
    job.prior.first_sample_counts = settings_.once;
    upstream.jobs.push_back(std::move(job));
  }
  upstream.outcomes.reset();
  upstream.in_flight = true;
  upstream.deadline.emplace(upstream.spec.pace.timeout);
  asio::post(*pool_, [this, &upstream, now] {
    // The wall for exceptions: what is thrown here would end the process.
    auto outcomes = [&]() -> std::vector<Outcome> {
      try {
        return upstream.spec.client->attempt(upstream.jobs, *upstream.deadline);
      } catch (const std::bad_alloc&) {
        return all_failed(upstream.spec.sources, now, Milliseconds{0},
                          {ErrorClass::too_large, "there is not enough memory for the answer"});
      } catch (const std::exception& e) {
        return all_failed(upstream.spec.sources, now, Milliseconds{0},
                          {ErrorClass::other, fmt::format("a fault of the gateway: {}", e.what())});
      }
    }();
    asio::post(loop_, [&upstream, outcomes = std::move(outcomes)]() mutable {
      upstream.in_flight = false;
      upstream.outcomes = std::move(outcomes);
      upstream.timer.cancel();
    });
  });
  auto wait = upstream.spec.pace.timeout;
  for (const auto give_up = Clock::now() + wait + grace; upstream.in_flight && Clock::now() < give_up; wait = nudge) {
    if (upstream.deadline->passed() || stopping_) upstream.spec.client->cancel();
    upstream.timer.expires_after(wait);
    co_await upstream.timer.async_wait(quietly);
  }
  if (upstream.outcomes) co_return std::move(*upstream.outcomes);
  co_return not_returned(upstream, now);
}

awaitable<void> Scheduler::keep_asking(UpstreamLoop& upstream) {
  while (!stopping_) {
    const auto start = Clock::now();
    std::optional<Milliseconds> delay = upstream.spec.pace.interval;
    // Another wall for exceptions: one that ended this coroutine would leave the upstream unasked for ever.
    try {
      delay = co_await poll_once(upstream);
    } catch (const std::exception& e) {
      any_failed_ = true;
      log(Level::error, "turn_failed", {{"upstream", upstream.spec.name}, {"error", e.what()}});
    }
    if (!delay) continue;
    if (settings_.once && (delay->count() > 0 || !upstream.asked_otherwise)) break;
    upstream.timer.expires_at(start + *delay);
    co_await upstream.timer.async_wait(quietly);
  }
  upstream.finished = true;
  if (std::ranges::all_of(upstreams_, [](const auto& other) { return other.finished; })) stop();
}

// One attempt and what follows from it: how long after its start the next one is due. nullopt: at once, this one did not count.
awaitable<std::optional<Milliseconds>> Scheduler::poll_once(UpstreamLoop& upstream) {
  const auto now = unix_now();
  if (upstream.in_flight) {  // a thread that is still out there is never joined by another: say so at every turn until it is back
    upstream.spec.client->cancel();
    record(upstream, not_returned(upstream, now), now);
    co_return upstream.spec.pace.interval;
  }
  const auto outcomes = co_await attempt(upstream, now);
  if (stopping_) {  // what was cut short is no news about the upstream
    any_failed_ |= settings_.once;
    co_return Milliseconds{0};
  }
  if (!upstream.in_flight && starts_over_for_other_system(upstream))
    co_return std::nullopt;  // what came was asked for with the other database's cursors
  co_return record(upstream, outcomes, now);
}

// Whether this is a PostgreSQL other than the one these rows came from. If so, they are moved aside and the cache begins anew.
bool Scheduler::starts_over_for_other_system(const UpstreamLoop& upstream) {
  const auto identity = upstream.spec.client->identity();
  const auto known = store_.identity();
  if (identity.empty() || identity == known) return false;
  if (known.empty() || may_be_same(identity, known)) {
    if (known.empty() || known.starts_with('/')) store_.set_identity(identity);
    return false;
  }
  const auto aside = move_aside(settings_.cache_path, "other-upstream");
  log(Level::warn, "other_upstream",
      {{"upstream", upstream.spec.name},
       {"aside", aside ? aside->string() : aside.error()},
       {"text", "this is another database than the cache was made from; the cache begins anew"}});
  store_.clear();
  store_.set_identity(identity);
  changed_ = true;
  return true;
}

// Stores what an attempt brought and says when to try again, from the attempt's start.
Milliseconds Scheduler::record(UpstreamLoop& upstream, const std::vector<Outcome>& outcomes, std::int64_t began_at) {
  const bool failed =
      std::ranges::all_of(outcomes, [](const auto& o) { return !o.result && o.result.error().kind != ErrorClass::missing; });
  const bool refused = failed && std::ranges::all_of(outcomes, [](const auto& o) { return o.result.error().kind == ErrorClass::auth; });
  auto delay = refused  ? upstream.backoff.after_refused_credentials()
               : failed ? upstream.backoff.after_failure()
                        : upstream.backoff.after_success();
  // More at once only where it leads on: each answer brings rows, or the first asks for other ones.
  const bool more = std::ranges::any_of(outcomes, [](const auto& o) { return o.result && o.result->more; });
  const bool brings = std::ranges::any_of(outcomes, [](const auto& o) { return o.result && o.result->more && o.result->answered; });
  const bool at_once = more && (brings || !upstream.asked_otherwise);
  upstream.asked_otherwise = more && !brings;
  AttemptReport report{.upstream = upstream.spec.name,
                       .next_attempt_at = began_at + (at_once ? 0 : std::chrono::ceil<std::chrono::seconds>(delay).count()),
                       .failures_for_outage = settings_.once ? 1 : 2,
                       .failing_for_s = {}};
  for (const auto& outcome : outcomes) {
    auto& state = upstream.source_states[outcome.source];
    report.failing_for_s[outcome.source] = state.already_s + seconds_since(state.good_at);
  }
  bool all_stored = true;
  try {
    const auto errors = store_.apply(outcomes, upstream.spec.sources, report);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      all_stored &= !outcomes[i].result || !errors[i];
      this->report(upstream, outcomes[i], errors[i]);
    }
  } catch (const std::exception& e) {
    any_failed_ = true;
    all_stored = false;
    log(Level::error, "store_failed", {{"upstream", upstream.spec.name}, {"error", e.what()}});
  }
  changed_ = true;
  publish_timer_.cancel();
  return at_once && all_stored ? Milliseconds{0} : delay;
}

void Scheduler::report(UpstreamLoop& upstream, const Outcome& outcome, const std::optional<Error>& error) {
  auto& state = upstream.source_states[outcome.source];
  log(Level::debug, "attempt",
      {{"source", outcome.source},
       {"duration_ms", fmt::format("{:.1f}", outcome.timing.duration_ms)},
       {"result", std::string(error ? to_string(error->kind) : "rows")}});
  if (!error) {
    if (state.failing)
      log(Level::info, "source_recovered", {{"source", outcome.source}, {"after_s", fmt::format("{:.1f}", seconds_since(state.good_at))}});
    state.failing = false;
    state.good_at = Clock::now();
    state.already_s = 0;
    return;
  }
  any_failed_ |= error->kind != ErrorClass::missing;
  const bool news = !state.failing || state.kind != error->kind;
  if (news || Clock::now() - state.logged_at >= log_again) {
    log(Level::warn, "source_failed", {{"source", outcome.source}, {"class", std::string(to_string(error->kind))}, {"error", error->text}});
    state.logged_at = Clock::now();
  }
  state.failing = true;
  state.kind = error->kind;
}

void Scheduler::published(const std::optional<std::string>& error) {
  if (!error) {
    if (publish_failing_) log(Level::info, "publish_recovered", {{"file", settings_.cache_path.string()}});
    publish_failing_ = false;
    return;
  }
  if (!publish_failing_ || Clock::now() - publish_failed_logged_at_ >= log_again) {
    log(Level::error, "publish_failed", {{"error", *error}, {"text", "readers keep the last good file"}});
    publish_failed_logged_at_ = Clock::now();
  }
  publish_failing_ = true;
  changed_ = true;
}

awaitable<void> Scheduler::keep_publishing() {
  while (!stopping_) {
    const auto next = published_at_ + (changed_ ? settings_.publish_interval : settings_.publish_within);
    if (Clock::now() < next || publisher_.busy()) {
      publish_timer_.expires_at(std::max(next, Clock::now() + Milliseconds{publisher_.busy() ? 10 : 0}));
      co_await publish_timer_.async_wait(quietly);
      continue;
    }
    changed_ = false;
    published_at_ = Clock::now();
    try {
      publisher_.publish();
    } catch (const std::exception& e) {
      published(e.what());
    }
  }
}

awaitable<void> Scheduler::keep_tidy() {
  while (!stopping_) {
    tidy_timer_.expires_after(tidy_every);
    co_await tidy_timer_.async_wait(quietly);
    if (stopping_) co_return;
    try {
      store_.tidy(unix_now());
      if (Clock::now() - compacted_at_ > std::chrono::hours(1)) {
        store_.compact();
        compacted_at_ = Clock::now();
      }
    } catch (const std::exception& e) {
      log(Level::error, "tidy_failed", {{"error", e.what()}});
    }
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
  publish_timer_.cancel();
  tidy_timer_.cancel();
  for (auto& upstream : upstreams_) {
    if (upstream.in_flight) upstream.spec.client->cancel();
    upstream.timer.cancel();
  }
}

std::optional<std::string> Scheduler::run() {
  // Readers get what is known before the first answer is waited for. `once` publishes once.
  if (!settings_.once) publisher_.publish_now();
  published_at_ = Clock::now();
  changed_ = false;
  for (auto& upstream : upstreams_) asio::co_spawn(loop_, keep_asking(upstream), rethrow_escaped);
  if (!settings_.once) {
    asio::co_spawn(loop_, keep_publishing(), rethrow_escaped);
    asio::co_spawn(loop_, keep_tidy(), rethrow_escaped);
  }
  asio::co_spawn(loop_, stop_when_told(), rethrow_escaped);
  if (upstreams_.empty() && settings_.once) stop();
  while (!stopping_) loop_.run_one();
  loop_.restart();
  // Threads were told to come back; whoever does not is left behind.
  const auto waiting = asio::make_work_guard(loop_);
  for (const auto give_up = Clock::now() + stop_within; Clock::now() < give_up;) {
    loop_.run_for(nudge);
    loop_.restart();
    bool out = false;
    for (auto& upstream : upstreams_) {
      out |= upstream.in_flight;
      if (upstream.in_flight) upstream.spec.client->cancel();
    }
    if (!out && !publisher_.busy()) break;
  }
  return publisher_.publish_now();
}

}  // namespace gateway
