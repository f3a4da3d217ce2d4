// What the broker says about each of its queues, read field by field: an odd field costs itself, an essential one makes its
// queue unknown, and only what is wrong with the whole document refuses it.
#pragma once

#include <algorithm>
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

// How much of a listing is taken: each queue costs some 3.5 KiB of memory while it is read.
struct ListingLimit {
  std::int64_t queues = 5'000;  // RABBITMQ_QUEUES_MAX

  // Of a body. A queue has some 130 bytes, and 1.2 KiB at most, with names as long as the broker allows.
  std::size_t bytes() const { return std::min(std::size_t{24} << 20, (std::size_t{1} << 20) + static_cast<std::size_t>(queues) * 1200); }
  Error exceeded() const;
};

// The target of the listing. Where the broker keeps no statistics it still counts messages, when asked this way; consumers,
// counters and rates it cannot tell.
std::string listing_target(bool statistics);

Result<ListedQueue> read_queue(const Json& object, std::size_t index, bool counted);

// Calls `each` for every queue, in the document's order; returns how many there are. `counted`: the broker keeps counters.
Result<std::size_t> read_listing(std::string_view body, bool counted, const ListingLimit& limit,
                                 const std::function<void(ListedQueue)>& each);

}  // namespace gateway
