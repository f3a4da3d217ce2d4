// How often the published file is also saved to the disk.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/deadline.hpp"

namespace gateway {

struct SavePace {
  Milliseconds interval{};
  std::int64_t budget_per_day = 0;  // bytes
};

// From one save to the next: the interval, or longer where files of this size would write more than the budget in a day.
inline Milliseconds save_pause(std::int64_t file_bytes, const SavePace& pace) {
  constexpr double day_ms = 86400e3;
  const auto by_budget = day_ms * static_cast<double>(file_bytes) / static_cast<double>(std::max<std::int64_t>(1, pace.budget_per_day));
  return std::max(pace.interval, Milliseconds{static_cast<std::int64_t>(std::min(by_budget, 3650 * day_ms))});
}

}  // namespace gateway
