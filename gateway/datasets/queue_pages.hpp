// The listing of queues in pages: how queues are asked for after the one listing took too long. A walk over all pages may take
// several attempts; what it has seen is in the store, page by page, and the source counts as read when the walk is over, at the
// age of its beginning. Pages cost the broker more than the one listing (1.5 times with 5,000 queues), so it is tried again when
// a walk was quick.
#pragma once

#include <functional>
#include <optional>

#include "datasets/queue_listing.hpp"
#include "datasets/queues_before.hpp"

namespace gateway {

// How pages are asked for.
struct PagePace {
  std::int64_t timeout_ms = 0;     // of an attempt
  std::int64_t stale_after_s = 0;  // a walk that is older begins anew
  ListingLimit limit = {};
};

// nullopt: ask for the one listing. Pages are of no use where there is only one, and where the broker keeps no statistics, for
// then each costs as much as all.
std::optional<PageWalk> walk_of(const QueuesBefore& before, const PriorState& prior, const PagePace& pace);

// The overview, the pages to ask for now, and at the end the vhosts where the walk before was short.
std::vector<Request> page_requests(const PageWalk& walk, bool was_short);

// The answer to one of them. Returns how many pages there are.
Result<std::int64_t> read_page(const HttpAnswer& answer, std::int64_t page, bool counted, const ListingLimit& limit,
                               const std::function<void(ListedQueue)>& each);

// A walk that is not over at `now` and would begin anew, and so never be over.
std::optional<Error> too_slow(const PageWalk& walk, std::int64_t now, const PagePace& pace);

// How to go on after `done` pages that took `walk.ms` in all.
std::int64_t pages_at_once(const PageWalk& walk, std::int64_t done, const PagePace& pace);

}  // namespace gateway
