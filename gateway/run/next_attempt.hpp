// Decides when an upstream is asked again. Pure: no clock and no state of its own, so that a table can test it.
//
// While all is well everything is asked at the interval. While an upstream fails, its probe (the cheap `*.health`) goes on
// at the interval, so that a recovery shows at once; the datasets wait twice as long each time, up to BACKOFF_CAP, and the
// first good probe wakes them. Refused credentials do not correct themselves, and upstreams lock out clients that insist:
// then even the probe waits for BACKOFF_CAP. A dataset that reads on is asked at once, with the probe, and alone: the others
// keep their interval.
#pragma once

#include <optional>
#include <span>

#include "base/deadline.hpp"
#include "base/source.hpp"

namespace gateway {

enum class AttemptResult {
  answered,    // at least one source was answered
  more,        // as above, and rows came that are followed by more: read on at once
  asks_again,  // as above, but nothing came except the wish to ask for other rows
  failed,      // no source was answered
  refused,     // no source was answered, because of our credentials
};

// A table or endpoint that is missing is an answer: the upstream is alive.
AttemptResult result_of(std::span<const Outcome> outcomes);
// One of them is an answer, though not what its dataset expects: of an upstream without a probe that is no outage.
bool any_unfit(std::span<const Outcome> outcomes);

// What was asked: all sources of an upstream, only its probe, or the probe and those that read on. An upstream with nothing but
// a probe is asked for all.
enum class Scope { all, probe, reading_on };

struct AttemptPace {
  Milliseconds interval{}, backoff_cap{};
};

// Both from the start of the attempt that just ended.
struct NextAttempt {
  Milliseconds probe{};
  std::optional<Milliseconds> all;  // never before the probe; nullopt: when it was due before

  bool operator==(const NextAttempt&) const = default;
};

// What came before this attempt.
struct AttemptHistory {
  int failures = 0;  // attempts at all sources that failed in a row
  AttemptResult last = AttemptResult::answered;
};

NextAttempt next_attempt(AttemptResult result, Scope asked, const AttemptHistory& before, const AttemptPace& pace);

// Shortens both delays by the same random share, up to a tenth, so that a fleet's hosts are not in step. Never lengthens.
NextAttempt jittered(NextAttempt next);

// Shortens delays of an interval and more to the beat of that interval, so that upstreams asked at one interval are asked together, and
// their answers share a publish. `start`: of the attempt that just ended, since any beat. Never lengthens, and never to less than a
// quarter. Shorter delays are jittered.
NextAttempt on_beat(NextAttempt next, Clock::duration start, Milliseconds interval);

// A beat of this host's own, the same after a restart, so that a fleet does not ask in step.
Clock::time_point beat_of_host();

}  // namespace gateway
