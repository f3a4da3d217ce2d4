// As much as a cache may ever hold: ten thousand queues, 130 of them changing with every poll, and every other
// history up to its bound.
#pragma once

#include "polling.hpp"

namespace grafana {

void fill_to_the_bounds(Polling& polling, std::int64_t now);

}  // namespace grafana
