// Notices that time went on without us (a machine that slept, a process that was stopped) and that the clock was set: by a
// clock beside it that nobody sets and that goes on while the machine sleeps. Pure but for now().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gateway {

struct ClockReading {
  double wall = 0;     // unix seconds, as somebody has set them
  double running = 0;  // seconds since the machine was started

  static ClockReading now();
};

struct ClockGap {
  std::int64_t from = 0, to = 0;  // unix seconds; `to` is before `from` when the clock was set back
  double set_by_s = 0;            // 0: the time has passed
  std::string text;               // what happened
};

// Between two readings that should be a second apart.
std::optional<ClockGap> gap_between(const ClockReading& before, const ClockReading& now);

}  // namespace gateway
