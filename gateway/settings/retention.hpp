// How long history and events are kept.
#pragma once

#include <cstdint>

#include "base/deadline.hpp"

namespace gateway {

struct Retention {
  Milliseconds history_fine{}, history_minutes{}, history_quarters{}, event_retention{};
  std::int64_t event_max = 1000;
};

}  // namespace gateway
