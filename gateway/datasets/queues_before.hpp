// What is known of the queues from the polls before.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/datasets.hpp"
#include "datasets/lag.hpp"

namespace gateway {

// vhost and name: within the rows that they are of, for of ten thousand queues each copy takes megabytes.
using QueueKey = std::pair<std::string_view, std::string_view>;
// Of a row whose first columns are vhost and name; as long as the row is there, moved or not.
QueueKey key_of(const Row& row);

struct RememberedQueue {
  std::string_view lag_memory;  // as the store keeps it: a tenth of what it is decoded
  std::optional<std::int64_t> lagging_since, messages, gone_at;
  std::optional<std::int64_t> seen_in_walk;  // when that began

  LagMemory lag() const;
};

// Over all pages of the listing (queue_pages.hpp).
struct PageWalk {
  std::int64_t at_once = 0;  // pages in an attempt; 0: the one listing is asked for
  std::int64_t next = 1, pages = 1;
  std::int64_t ms = 0;  // what the pages took so far
  std::optional<std::int64_t> began_at;
  std::optional<std::int64_t> previous_at;  // when the walk before began
};

struct QueuesBefore {
  std::map<QueueKey, RememberedQueue> queues;
  bool without_statistics = false, short_listing = false;
  std::optional<std::int64_t> polled_at;
  PageWalk walk;

  // From the answers to `queues_before_sql()`, in its order. `prior` outlives it.
  explicit QueuesBefore(const PriorState& prior);
};

// `name`: the source's.
std::vector<std::string> queues_before_sql(const std::string& name);

}  // namespace gateway
