// The lag verdict of one queue: are its messages consumed, judged over minutes (docs/verdicts.md, "Lag of a queue"). Pure.
// The broker's momentary rates decide nothing: they are zero in eleven of twelve samples of a slow queue. What counts are its
// counters, compared over time. A rejection, an expiry and a purge have no counter, so consumption is derived:
// see Interval.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// A million messages a second for thirty years. Whatever is said to be more is taken for this, so that differences and sums of such
// figures are always numbers.
inline constexpr std::int64_t most_counted = 1'000'000'000'000'000;

// The broker's counters of a queue; they fall only when the broker restarts.
struct QueueCounters {
  std::int64_t published = 0;  // absent for what is dead-lettered into the queue
  std::int64_t consumed = 0;   // acknowledged, or delivered without a need to
  std::int64_t delivered = 0;  // redeliveries included
  std::int64_t redelivered = 0;
  bool operator==(const QueueCounters&) const = default;
};

struct QueueSample {
  std::optional<std::int64_t> messages, consumers, max_length;
  std::int64_t unacknowledged = 0;
  std::optional<QueueCounters> counters;             // nullopt: the broker keeps none
  std::optional<double> publish_rate, consume_rate;  // momentary, messages per second; only `once` judges by them
  std::string state, type;
  std::optional<std::string> unreadable;  // an essential field that was not what it should be
  bool ignored = false;
};

// What a queue was at one poll, or from one poll to another while nothing changed.
struct Checkpoint {
  std::int64_t at = 0, until = 0;  // unix seconds
  std::int64_t messages = 0, unacknowledged = 0;
  std::optional<QueueCounters> counters;
  bool same_as(const Checkpoint& other) const {
    return messages == other.messages && unacknowledged == other.unacknowledged && counters == other.counters;
  }
};

// What is remembered of a queue between two polls. An idle queue's memory does not change.
struct LagMemory {
  std::optional<std::int64_t> lagging_since;
  std::optional<Checkpoint> base;           // the last poll at which something had been consumed, or nothing was waiting
  double consumed_before_base = 1;          // within ten seconds: counters and lengths are reported up to 5 s apart
  std::optional<std::int64_t> first, seen;  // messages arrived after base: the poll before they did, and the poll that saw them
  bool unread = false, slow = false;
  std::optional<Checkpoint> last;  // the previous poll
  std::vector<Checkpoint> window;  // oldest first, a minute apart, five minutes in all

  std::string encoded() const;                      // without lagging_since, which has a column of its own
  static LagMemory decoded(std::string_view text);  // of anything else: nothing is remembered
};

struct LagRule {
  std::int64_t messages = 1000;
  double ratio = 0.1;
  std::int64_t after_s = 75;         // unread for so long; slow is judged over 1.6 to 4 times as long
  bool first_sample_counts = false;  // `once`: judge by the broker's momentary rates
};

struct Lag {
  std::string verdict;  // ok, lagging, unknown
  std::optional<std::string> reason;
  std::optional<double> severity;  // below 1: ok; from 1 on: lagging
  std::optional<double> growth_per_s, drain_eta_s, published_per_min, consumed_per_min;
  std::optional<std::int64_t> oldest_unconsumed_s;  // a lower bound
  LagMemory memory;
};

// `previous_poll`: when queues were last listed, in unix seconds; nullopt: never.
Lag judge(const QueueSample& sample, const LagMemory& before, const LagRule& rule, std::int64_t now,
          std::optional<std::int64_t> previous_poll);

}  // namespace gateway
