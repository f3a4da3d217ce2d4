// What happened to a queue between two polls, and how its memory goes on from poll to poll.
#pragma once

#include "datasets/lag.hpp"

namespace gateway {

// Between two checkpoints, in messages. Counters and lengths are reported up to five seconds apart: `blur` is what may have
// arrived in ten.
struct Interval {
  double seconds = 1;
  std::int64_t acknowledged = 0;  // consumed for certain
  std::int64_t growth = 0;
  std::int64_t arrived = 0;
  std::int64_t removed = 0;   // for whatever reason
  std::int64_t settled = 0;   // delivered, and not open any more: acknowledged, rejected
  std::int64_t consumed = 0;  // acknowledged or rejected
  std::int64_t lost = 0;      // expired, purged, dropped
  double blur = 0;

  Interval(const Checkpoint& from, const Checkpoint& to, std::int64_t from_at);
};

// The memory after one more poll of a queue that can be judged.
LagMemory remembered(LagMemory memory, const Checkpoint& now, const LagRule& rule, std::int64_t previous_poll);

// From the oldest moment within the window (300 s by default) to now; nullopt at the first sample.
std::optional<Interval> recent(const LagMemory& memory, const Checkpoint& now, const LagRule& rule);
// From the base to now.
Interval since_base(const LagMemory& memory, const Checkpoint& now, std::int64_t previous_poll);

}  // namespace gateway
