#include "run/next_attempt.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <string_view>

namespace gateway {
namespace {

// The interval, doubled with every failure up to the cap.
Milliseconds backoff(int failures, const AttemptPace& pace) {
  const auto factor = std::int64_t{1} << std::clamp(failures, 0, 20);  // capped long before it could overflow
  return pace.interval >= pace.backoff_cap / factor ? pace.backoff_cap : pace.interval * factor;
}

Milliseconds shortened(Milliseconds delay, double share) {
  if (delay <= Milliseconds{0}) return Milliseconds{0};
  return std::max(Milliseconds{1}, Milliseconds{static_cast<std::int64_t>(static_cast<double>(delay.count()) * share)});
}

}  // namespace

AttemptResult result_of(std::span<const Outcome> outcomes) {
  const auto failed_as = [](auto fits) { return [fits](const Outcome& o) { return !o.result && fits(o.result.error().kind); }; };
  if (std::ranges::all_of(outcomes, failed_as([](ErrorClass kind) { return kind == ErrorClass::auth; }))) return AttemptResult::refused;
  if (std::ranges::all_of(outcomes, failed_as([](ErrorClass kind) { return kind != ErrorClass::missing; }))) return AttemptResult::failed;
  const auto wants_more = [](const Outcome& o) { return o.result && o.result->more; };
  if (std::ranges::none_of(outcomes, wants_more)) return AttemptResult::answered;
  const bool rows_came =
      std::ranges::any_of(outcomes, [&](const Outcome& o) { return wants_more(o) && (o.result->answered || o.result->rows > 0); });
  return rows_came ? AttemptResult::more : AttemptResult::asks_again;
}

bool any_unfit(std::span<const Outcome> outcomes) {
  return std::ranges::any_of(outcomes, [](const Outcome& o) {
    return !o.result && (o.result.error().kind == ErrorClass::malformed || o.result.error().kind == ErrorClass::too_large);
  });
}

NextAttempt next_attempt(AttemptResult result, Scope asked, const AttemptHistory& before, const AttemptPace& pace) {
  constexpr NextAttempt at_once{.probe = Milliseconds{0}, .all = Milliseconds{0}};
  constexpr auto as_it_was = std::nullopt;
  switch (result) {
    case AttemptResult::more:
      if (asked == Scope::reading_on) return {.probe = Milliseconds{0}, .all = as_it_was};
      return {.probe = Milliseconds{0}, .all = pace.interval};
    case AttemptResult::asks_again:
      if (before.last != AttemptResult::asks_again) return at_once;
      break;  // it leads nowhere
    case AttemptResult::failed: {
      const auto probe = std::min(pace.interval, pace.backoff_cap);
      if (asked == Scope::probe) return {.probe = probe, .all = as_it_was};
      return {.probe = probe, .all = std::max(probe, backoff(before.failures, pace))};
    }
    case AttemptResult::refused: {
      const auto delay = std::max(pace.interval, pace.backoff_cap);
      return {.probe = delay, .all = delay};
    }
    case AttemptResult::answered: break;
  }
  if (asked == Scope::probe) return at_once;  // it is back: wake the datasets
  if (asked == Scope::reading_on) return {.probe = pace.interval, .all = as_it_was};
  return {.probe = pace.interval, .all = pace.interval};
}

NextAttempt jittered(NextAttempt next) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto share = std::uniform_real_distribution<double>(0.9, 1.0)(random);
  next.probe = shortened(next.probe, share);
  if (next.all) next.all = shortened(*next.all, share);
  return next;
}

NextAttempt on_beat(NextAttempt next, Clock::duration start, Milliseconds interval) {
  if (next.probe < interval || interval <= Milliseconds{0}) return jittered(next);
  const auto shortened_to_beat = [&](Milliseconds delay) {
    if (delay >= std::chrono::hours(24 * 365)) return delay;  // an interval that means never
    const auto beyond = std::chrono::duration_cast<Milliseconds>((start + delay) % interval);
    // Just before a beat: half an interval later the next one is far enough away.
    return delay - beyond >= interval / 4 ? delay - beyond : delay - interval / 2;
  };
  next.probe = shortened_to_beat(next.probe);
  if (next.all) next.all = shortened_to_beat(*next.all);
  return next;
}

Clock::time_point beat_of_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  constexpr std::size_t phases = 3'600'000;
  const Milliseconds phase{std::hash<std::string_view>{}(name.data()) % phases};
  const auto since_epoch = std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  return Clock::now() - (since_epoch - phase);
}

}  // namespace gateway
