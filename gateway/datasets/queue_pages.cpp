#include "datasets/queue_pages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "datasets/broker_overview.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr std::int64_t page_size = 500;  // the most that the broker gives

}  // namespace

std::optional<PageWalk> walk_of(const QueuesBefore& before, const PriorState& prior, const PagePace& pace) {
  auto walk = before.walk;
  if (walk.at_once < 1 || before.without_statistics || prior.first_sample_counts) return std::nullopt;
  if (walk.began_at && prior.now >= *walk.began_at && prior.now - *walk.began_at <= pace.stale_after_s) return walk;
  const auto known = std::ranges::count_if(before.queues, [](const auto& each) { return !each.second.gone_at; });
  if (known > 0 && known <= page_size) return std::nullopt;
  walk = {.at_once = walk.at_once, .next = 1, .pages = 1, .ms = 0, .began_at = prior.now, .previous_at = walk.previous_at};
  return walk;
}

std::vector<Request> page_requests(const PageWalk& walk, bool was_short) {
  std::vector<Request> requests{HttpRequest{overview_target}};
  for (auto page = walk.next; page <= walk.pages && page < walk.next + walk.at_once; ++page)
    requests.emplace_back(HttpRequest{fmt::format("{}&page={}&page_size={}", listing_target(true), page, page_size)});
  if (was_short) requests.emplace_back(HttpRequest{vhosts_target, largest_vhosts});
  return requests;
}

Result<std::int64_t> read_page(const HttpAnswer& answer, std::int64_t page, bool counted, const ListingLimit& limit,
                               const std::function<void(ListedQueue)>& each) {
  const std::string what = "GET /api/queues?page";
  if (answer.status == 400 && page > 1) return page - 1;  // queues went while we asked: it lies beyond the last
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));
  const auto document = parse_json(answer.body, what);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> fault;
  const Fields body(*document, what, fault);
  const auto pages = body.integer("page_count"), queues = body.integer("total_count");
  if (fault) return std::unexpected(*fault);
  const auto* items = member(*document, "items");
  if (!pages || !queues || items == nullptr || !items->is_array())
    return failure(ErrorClass::malformed, what + ": page_count, total_count or items is missing");
  // What it counts need not be what it sends: a walk ends, and a page is no larger than was asked for.
  if (*queues > limit.queues || *pages > limit.queues / page_size + 1) return std::unexpected(limit.exceeded());
  if (items->size() > static_cast<std::size_t>(page_size))
    return failure(ErrorClass::too_large, fmt::format("{}: {} queues on a page of {}", what, items->size(), page_size));
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto queue = read_queue((*items)[i], i, counted);
    if (!queue) return std::unexpected(queue.error());
    each(std::move(*queue));
  }
  return *pages;
}

std::optional<Error> too_slow(const PageWalk& walk, std::int64_t now, const PagePace& pace) {
  if (!walk.began_at || now - *walk.began_at <= pace.stale_after_s) return std::nullopt;
  return Error{ErrorClass::timeout, fmt::format("GET /api/queues: {} of {} pages within STALE_AFTER ({} s); raise it, or RABBITMQ_INTERVAL",
                                                walk.next - 1, walk.pages, pace.stale_after_s)};
}

std::int64_t pages_at_once(const PageWalk& walk, std::int64_t done, const PagePace& pace) {
  constexpr std::int64_t most = 20;  // all of them are held until the last has come, each up to a mebibyte
  const auto one_ms = std::max<std::int64_t>(1, walk.ms / std::max<std::int64_t>(1, done));
  return std::clamp<std::int64_t>(pace.timeout_ms / 2 / one_ms, 1, most);
}

}  // namespace gateway
