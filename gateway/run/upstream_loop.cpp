#include "run/upstream_loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "run/coroutine.hpp"
#include "run/log.hpp"
#include "run/system_identity.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto turn = Milliseconds{20};  // of the loop, at most, for one upstream's answers

struct UnderWay {
  explicit UnderWay(LoopContext& of) : context(of) { context.began(); }
  ~UnderWay() { context.ended(); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  LoopContext& context;
};

bool is_probe(const SourceSetup& setup) { return setup.source->name.ends_with(".health"); }

}  // namespace

UpstreamLoop::UpstreamLoop(UpstreamSpec spec, LoopContext& context) : spec_(std::move(spec)), context_(context), timer_(context.loop) {
  for (const auto& setup : spec_.sources) {
    const auto age =
        context_.store.query("SELECT max(0, unixepoch() - last_success_at) FROM source WHERE source = ?", {setup.source->name});
    log_.add(setup.source->name, age.empty() ? 0 : number(age.rows[0][0]).value_or(0));
  }
}

awaitable<void> UpstreamLoop::run() {
  while (!stopping_) {
    const auto start = Clock::now();
    // A wall for exceptions: one that ended this coroutine would leave the upstream unasked for ever.
    try {
      if (!co_await poll_once()) continue;
    } catch (const std::exception& e) {
      any_failed_ = true;
      next_at_ = start + spec_.pace.interval;
      log(Level::error, "attempt_failed", {{"upstream", spec_.name}, {"error", e.what()}});
    }
    if (context_.settings.once && (history_.last != AttemptResult::asks_again || next_at_ > Clock::now())) break;
    while (!stopping_ && due() > Clock::now()) {
      timer_.expires_at(due());
      co_await timer_.async_wait(quietly);
    }
  }
}

void UpstreamLoop::stop() {
  stopping_ = true;
  if (in_flight_) spec_.client->cancel();
  timer_.cancel();
}

// One attempt and what follows from it. False: it did not count, ask again at once.
awaitable<bool> UpstreamLoop::poll_once() {
  const auto now = unix_now();
  const auto start = Clock::now();
  const auto under_way = spec_.after_publish ? nullptr : std::make_unique<UnderWay>(context_);
  if (in_flight_) {  // never join a stuck thread with another; report it every interval until it is back
    spec_.client->cancel();
    co_await record(not_returned(now), now, start);
    next_at_ = start + spec_.pace.interval;
    co_return true;
  }
  auto outcomes = co_await attempt(now);
  if (stopping_) {  // what was cut short is no news about the upstream
    any_failed_ |= context_.settings.once;
    co_return true;
  }
  if (!in_flight_ && starts_over_for_other_system(context_.store, context_.settings.cache_path, spec_.name, spec_.client->identity())) {
    context_.changed(true);
    all_due_at_ = start;
    co_return false;  // what came was asked for with the other system's cursors
  }
  if (outcomes.empty()) co_return false;  // all of them take long, which is known now
  co_await record(std::move(outcomes), now, start);
  co_return true;
}

bool UpstreamLoop::is_reading_on(const SourceSetup& setup) const { return std::ranges::count(reading_on_, setup.source->name) > 0; }

// Those that read on while the others wait for their interval, and go on when these were asked; the probe alone while the datasets wait
// for their backoff.
std::vector<SourceSetup> UpstreamLoop::due_sources() const {
  if (Clock::now() >= all_due_at_) {
    std::vector<SourceSetup> all;
    std::ranges::copy_if(spec_.sources, std::back_inserter(all),
                         [&](const auto& setup) { return !waits_for_its_interval(setup) && !is_reading_on(setup); });
    return all.empty() ? spec_.sources : all;
  }
  std::vector<SourceSetup> due;
  std::ranges::copy_if(spec_.sources, std::back_inserter(due), [&](const auto& setup) { return is_probe(setup) || is_reading_on(setup); });
  return due.empty() ? spec_.sources : due;
}

bool UpstreamLoop::waits_for_its_interval(const SourceSetup& setup) const {
  const auto found = not_before_.find(setup.source->name);
  return found != not_before_.end() && Clock::now() < found->second;
}

// Half a beat early counts: attempts are made on the upstream's beat. One that failed is tried again with the others.
void UpstreamLoop::note_intervals(const std::vector<Outcome>& outcomes, Clock::time_point start) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& setup = asked_.at(i);
    not_before_.erase(setup.source->name);
    const bool more = outcomes[i].result && outcomes[i].result->more;
    if (outcomes[i].result && !more && setup.pace.interval > spec_.pace.interval)
      not_before_[setup.source->name] = start + setup.pace.interval - spec_.pace.interval / 2;
  }
}

// Stores what an attempt brought and sets when the next one is due.
awaitable<void> UpstreamLoop::record(std::vector<Outcome> outcomes, std::int64_t began_at, Clock::time_point start) {
  note_intervals(outcomes, start);
  const auto asked = asked_all_ ? Scope::all : reading_on_.empty() ? Scope::probe : Scope::reading_on;
  auto result = result_of(outcomes);
  // Where some were left to the next attempt the server answered, whatever came of those that were asked.
  if (!waiting_.empty() && result != AttemptResult::refused) result = AttemptResult::more;
  // Without a probe that would wake them when the upstream is back they try at their interval, but not with a wrong password.
  const bool datasets_only = !spec_.after_publish && std::ranges::none_of(spec_.sources, is_probe);
  const bool backs_off = !datasets_only || result == AttemptResult::refused;
  const AttemptPace pace{.interval = spec_.pace.interval, .backoff_cap = backs_off ? context_.settings.backoff_cap : spec_.pace.interval};
  auto next = next_attempt(result, asked, history_, pace);
  if (result == AttemptResult::refused) next = jittered(next);
  else if (!spec_.after_publish) next = on_beat(next, start - context_.beat, pace.interval);
  const auto at = [&](Clock::time_point due) { return began_at + std::chrono::ceil<std::chrono::seconds>(due - start).count(); };
  const auto all_due_at = next.all ? start + *next.all : all_due_at_;
  AttemptReport report{.upstream = spec_.name,
                       .next_attempt_at = at(all_due_at),
                       .failures_for_outage = context_.settings.once ? 1 : 2,
                       .failing_for_s = {},
                       .next_probe_at = at(start + next.probe),
                       .judges_upstream = !spec_.in_own_lane && !(datasets_only && any_unfit(outcomes))};
  for (const auto& outcome : outcomes) report.failing_for_s[outcome.source] = log_.failing_for_s(outcome.source);
  const auto stored = co_await store_outcomes(outcomes, report);
  reading_on_.clear();
  if (stored.all) {
    if (result == AttemptResult::more) reading_on_ = waiting_;
    for (const auto& outcome : outcomes) {
      if (outcome.result && outcome.result->more) reading_on_.push_back(outcome.source);
    }
    schedule(next, start);
  } else {  // whatever there is more of would not be stored either
    result = AttemptResult::answered;
    schedule(on_beat({.probe = pace.interval, .all = pace.interval}, start - context_.beat, pace.interval), start);
  }
  const bool failed = result == AttemptResult::failed || result == AttemptResult::refused;
  if (!failed) history_.failures = 0;
  else if (asked != Scope::probe) ++history_.failures;
  history_.last = result;
  context_.changed(stored.seen_change);
}

void UpstreamLoop::schedule(const NextAttempt& next, Clock::time_point start) {
  if (next.all) all_due_at_ = start + *next.all;
  const bool asked_between = !reading_on_.empty() || std::ranges::any_of(spec_.sources, is_probe);
  next_at_ = asked_between ? std::min(start + next.probe, all_due_at_) : all_due_at_;
}

// A large answer takes several turns of the loop, between which others have theirs.
awaitable<UpstreamLoop::Stored> UpstreamLoop::store_outcomes(const std::vector<Outcome>& outcomes, const AttemptReport& report) {
  Stored stored;
  try {
    const auto storing = context_.store.begin_storing(outcomes, spec_.sources, report);
    while (!storing->step(turn)) co_await asio::post(context_.loop, asio::use_awaitable);
    stored.seen_change = storing->seen_change();
    const auto& errors = storing->errors();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      stored.all &= !outcomes[i].result || !errors[i];
      any_failed_ |= errors[i] && errors[i]->kind != ErrorClass::missing;
      log_.note(outcomes[i], errors[i]);
      context_.observer.attempted(outcomes[i], errors[i]);
    }
  } catch (const std::exception& e) {
    any_failed_ = true;
    stored = {.all = false, .seen_change = true};
    log(Level::error, "store_failed", {{"upstream", spec_.name}, {"error", e.what()}});
  }
  co_return stored;
}

}  // namespace gateway
