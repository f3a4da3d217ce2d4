#include "run/clock_watch.hpp"

#include <fmt/format.h>
#include <time.h>

#include <cmath>

namespace gateway {
namespace {

constexpr double noticed_s = 5;  // less is a busy machine, or a clock that is being corrected

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

ClockReading ClockReading::now() { return {.wall = seconds_of(CLOCK_REALTIME), .running = seconds_of(CLOCK_BOOTTIME)}; }

std::optional<ClockGap> gap_between(const ClockReading& before, const ClockReading& now) {
  const double passed = now.running - before.running;
  const double set_by = now.wall - before.wall - passed;
  ClockGap gap{.from = static_cast<std::int64_t>(before.wall), .to = static_cast<std::int64_t>(now.wall)};
  if (std::abs(set_by) >= noticed_s) {
    gap.set_by_s = set_by;
    gap.text = fmt::format("the clock was set {} by {:.0f} s", set_by > 0 ? "forward" : "back", std::abs(set_by));
    return gap;
  }
  if (passed < noticed_s) return std::nullopt;
  gap.text = fmt::format("the gateway was stopped, or the machine slept, for {:.0f} s", passed);
  return gap;
}

}  // namespace gateway
