// What the broker says about each of its queues, read field by field: an odd field costs itself, an essential one makes its
// queue unknown, and only what is wrong with the whole document refuses it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "datasets/lag.hpp"

namespace gateway {

struct ListedQueue {
  std::string vhost, name;
  QueueSample sample;
  std::optional<std::int64_t> ready, unacknowledged;
};

// The target of the listing. Where the broker keeps no statistics it still counts messages, when asked this way; consumers,
// counters and rates it cannot tell.
inline constexpr std::size_t largest_listing = std::size_t{24} << 20;  // bytes; that of ten thousand queues has 1.3 MB
inline constexpr std::size_t most_queues = 100'000;

std::string listing_target(bool statistics);

Result<ListedQueue> read_queue(const Json& object, std::size_t index, bool counted);
Error too_many_queues();

// Calls `each` for every queue, in the document's order; returns how many there are. `counted`: the broker keeps counters.
Result<std::size_t> read_listing(std::string_view body, bool counted, const std::function<void(ListedQueue)>& each);

}  // namespace gateway
