// rabbitmq.queues: every queue of every vhost that we may see, from one request or from pages, with the lag verdict of each.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "datasets/broker_overview.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"
#include "datasets/queue_listing.hpp"
#include "datasets/queue_pages.hpp"
#include "datasets/queue_rows.hpp"

namespace gateway {
namespace {

const std::string name = "rabbitmq.queues";

struct QueueSettings {
  LagRule rule;
  std::vector<std::pair<std::string, std::int64_t>> limits;  // pattern, messages; the first that fits
  std::vector<std::string> ignore;
  PagePace pace;

  LagRule rule_of(const std::string& queue, bool first_sample_counts) const {
    auto found = rule;
    found.first_sample_counts = first_sample_counts;
    for (const auto& [pattern, messages] : limits) {
      if (!matches(pattern, queue)) continue;
      found.messages = messages;
      break;
    }
    return found;
  }
  bool ignores(const std::string& queue) const {
    return std::ranges::any_of(ignore, [&](const auto& pattern) { return matches(pattern, queue); });
  }
};

// --- A listing that is too short ---------------------------------------------------------------------------------------

// Whether a listing that is shorter than the broker's own counts is one from which a permission is missing: of each vhost that
// `vhosts`, the answer to that question, names it should have a queue.
std::optional<Error> missing_permission(std::int64_t listed, std::int64_t least, const Answer& vhosts,
                                        const std::set<std::string>& vhosts_listed) {
  const auto empty = vhosts_without_queues(std::get<HttpAnswer>(vhosts), vhosts_listed);
  if (!empty) return empty.error();
  if (empty->empty()) return std::nullopt;
  return Error{ErrorClass::auth,
               fmt::format("GET /api/queues lists {} of {} queues, and none of vhost {}; give the monitoring user permissions "
                           "(^$ ^$ ^$ is enough) there",
                           listed, least, shortened(one_line(fmt::format("{}", fmt::join(*empty, ", "))), 200))};
}

// --- The source ----------------------------------------------------------------------------------------------------------

JudgedQueue judged(ListedQueue listed, const QueuesBefore& before, const QueueSettings& settings, const PriorState& prior) {
  const auto remembered = before.queues.find({listed.vhost, listed.name});
  const auto known = remembered == before.queues.end() ? RememberedQueue{} : remembered->second;
  listed.sample.ignored = settings.ignores(listed.name);
  auto lag = judge(listed.sample, known.lag(), settings.rule_of(listed.name, prior.first_sample_counts), prior.now, before.polled_at);
  const auto last_known = listed.sample.messages ? listed.sample.messages : known.messages;
  return {std::move(listed), std::move(lag), last_known, std::nullopt, std::nullopt};
}

std::vector<Write> remembered(const PageWalk& walk) {
  return {write_cursor(name, "pages_at_once", walk.at_once),
          write_cursor(name, "next_page", walk.next),
          write_cursor(name, "pages", walk.pages),
          write_cursor(name, "walk_ms", walk.ms),
          write_cursor(name, "walk_began_at", maybe(walk.began_at)),
          write_cursor(name, "previous_walk_at", maybe(walk.previous_at))};
}

// What a walk has seen, this attempt's `queues` included.
struct Seen {
  const QueuesBefore& before;
  const QueueRows& queues;
  std::optional<std::int64_t> walk;

  bool contains(const QueueKey& key) const {
    const auto known = before.queues.find(key);
    return queues.contains(key) || (known != before.queues.end() && known->second.seen_in_walk == walk);
  }
  // One that slips from page to page while they are asked for is missed by one walk, and hardly by two.
  bool missed_once(const QueueKey& key) const {
    const auto& known = before.queues.at(key);
    return !known.gone_at && (!before.walk.previous_at || known.seen_in_walk == before.walk.previous_at);
  }
  std::int64_t count() const {
    return static_cast<std::int64_t>(queues.size()) +
           std::ranges::count_if(before.queues, [&](const auto& each) { return !queues.contains(each.first) && contains(each.first); });
  }
  std::set<std::string> vhosts() const {
    std::set<std::string> all;
    for (const auto& [key, _] : queues) all.emplace(key.first);
    for (const auto& [key, _] : before.queues) {
      if (contains(key)) all.emplace(key.first);
    }
    return all;
  }
};

// The answers to pages, added to `queues` and to the walk.
std::optional<Error> take_pages(std::span<const Answer> pages, bool counted, const ListingLimit& limit, PageWalk& walk,
                                const std::function<void(ListedQueue)>& each) {
  for (const auto& one : pages) {
    const auto& answer = std::get<HttpAnswer>(one);
    const auto count = read_page(answer, walk.next, counted, limit, each);
    if (!count) return count.error();
    walk.pages = *count;
    walk.ms += static_cast<std::int64_t>(answer.latency_ms);
    ++walk.next;
  }
  return std::nullopt;
}

std::int64_t taken_ms(std::span<const Answer> answers) {
  double sum = 0;
  for (const auto& answer : answers) sum += std::get<HttpAnswer>(answer).latency_ms;
  return static_cast<std::int64_t>(sum);
}

// Some pages of the listing. What they say is taken over at once; whoever is on none of them, twice, has gone.
Result<Batch> parse_pages(const QueuesBefore& before, PageWalk walk, const PriorState& prior, std::span<const Answer> answers,
                          const QueueSettings& settings) {
  const auto overview = read_overview(std::get<HttpAnswer>(answers[0]));
  if (!overview) return std::unexpected(overview.error());
  if (!overview->statistics)
    return Batch{.writes = {write_cursor(name, "without_statistics", flag(true))}, .rows = 0, .more = true, .answered = false};
  QueueRows queues;
  const auto pages = answers.subspan(1, answers.size() - (before.short_listing ? 2 : 1));
  const auto error = take_pages(pages, overview->counted, settings.pace.limit, walk, [&](ListedQueue listed) {
    auto queue = judged(std::move(listed), before, settings, prior);
    queue.seen_in_walk = walk.began_at;
    add(queues, queue);
  });
  if (error) return std::unexpected(*error);
  walk.at_once = pages_at_once(walk, walk.next - 1, settings.pace);
  const auto rows = static_cast<std::int64_t>(queues.size());
  if (walk.next <= walk.pages) {
    if (const auto slow = too_slow(walk, prior.now + taken_ms(answers) / 1000, settings.pace)) return std::unexpected(*slow);
    Batch batch{.writes = remembered(walk), .rows = rows, .more = true, .answered = false};
    batch.writes.push_back(sampled_at(*walk.began_at));
    batch.writes.push_back(queue_rows(std::move(queues), Mode::upsert));
    return batch;
  }
  const Seen seen{before, queues, walk.began_at};
  const auto count = seen.count();
  if (count < overview->queues) {
    if (!before.short_listing) {  // once more, and asking for the vhosts
      Batch batch{
          .writes = remembered({.at_once = walk.at_once, .previous_at = walk.previous_at}), .rows = rows, .more = true, .answered = false};
      batch.writes.push_back(write_cursor(name, "short_listing", flag(true)));
      batch.writes.push_back(sampled_at(*walk.began_at));
      batch.writes.push_back(queue_rows(std::move(queues), Mode::upsert));
      return batch;
    }
    if (const auto missing = missing_permission(count, overview->queues, answers.back(), seen.vhosts())) return std::unexpected(*missing);
  }
  auto leave = keep_vanished(before, [&](const auto& key) { return seen.contains(key) || seen.missed_once(key); }, prior.now, queues);
  const bool quick = walk.ms <= settings.pace.timeout_ms / 4;
  Batch batch{.writes = remembered(quick ? PageWalk{} : PageWalk{.at_once = walk.at_once, .previous_at = walk.began_at}),
              .rows = count,
              .age_s = prior.now - *walk.began_at};
  batch.writes.push_back(write_cursor(name, "short_listing", flag(false)));
  batch.writes.push_back(sampled_at(*walk.began_at));
  batch.writes.push_back(queue_rows(std::move(queues), Mode::upsert));
  batch.writes.push_back({.table = "queue", .mode = Mode::erase, .columns = {"vhost", "name"}, .rows = std::move(leave), .scope = {}});
  batch.writes.push_back(poll_row(*walk.began_at, true));
  return batch;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers, const QueueSettings& settings) {
  const QueuesBefore before(prior);
  if (const auto walk = walk_of(before, prior, settings.pace)) return parse_pages(before, *walk, prior, answers, settings);
  const auto first = read_overview(std::get<HttpAnswer>(answers[0]));
  if (!first) return std::unexpected(first.error());
  const auto second = read_overview(std::get<HttpAnswer>(answers[2]));
  if (!second) return std::unexpected(second.error());
  if (first->statistics == before.without_statistics) {  // not what we asked for: ask again, the other way
    return Batch{
        .writes = {write_cursor(name, "without_statistics", flag(!first->statistics))}, .rows = 0, .more = true, .answered = false};
  }
  const auto& answer = std::get<HttpAnswer>(answers[1]);
  if (answer.status != 200) return std::unexpected(http_error(answer.status, "GET /api/queues"));
  QueueRows queues;
  std::set<std::string> vhosts_listed;
  const auto count = read_listing(answer.body, first->counted, settings.pace.limit, [&](ListedQueue listed) {
    vhosts_listed.insert(listed.vhost);
    const auto queue = judged(std::move(listed), before, settings, prior);
    add(queues, queue);
  });
  if (!count) return std::unexpected(count.error());
  // Queues come and go while we ask: only a list shorter than both counts lacks something.
  const auto listed = static_cast<std::int64_t>(*count);
  if (const auto least = std::min(first->queues, second->queues); listed < least) {
    if (!before.short_listing || answers.size() < 4)
      return Batch{.writes = {write_cursor(name, "short_listing", flag(true))}, .rows = 0, .more = true, .answered = false};
    if (const auto error = missing_permission(listed, least, answers[3], vhosts_listed)) return std::unexpected(*error);
  }
  keep_vanished(before, [&](const auto& key) { return queues.contains(key); }, prior.now, queues);
  Batch batch{.writes = {sampled_at(prior.now), queue_rows(std::move(queues), Mode::replace), poll_row(prior.now, true)}, .rows = listed};
  if (before.short_listing) batch.writes.push_back(write_cursor(name, "short_listing", flag(false)));
  return batch;
}

}  // namespace

Source queues(const Settings& settings) {
  const QueueSettings ours{.rule = {.messages = settings.rabbitmq.lag_messages,
                                    .ratio = settings.rabbitmq.lag_ratio,
                                    .after_s = std::max<std::int64_t>(1, settings.rabbitmq.lag_after.count() / 1000)},
                           .limits = settings.rabbitmq.lag_messages_of,
                           .ignore = settings.rabbitmq.lag_ignore,
                           .pace = {.timeout_ms = settings.rabbitmq.pace.timeout.count(),
                                    .stale_after_s = settings.rabbitmq.pace.stale_after.count() / 1000,
                                    .limit = {.queues = settings.rabbitmq.queues_max}}};
  return {.name = name,
          .upstream = "rabbitmq",
          .tables = {"queue_sampling", "queue", "queue_poll", "cursor"},
          .row_count_sql = "SELECT count(*) FROM queue WHERE gone_at IS NULL",
          .prior_state_sql = queues_before_sql(name),
          .ask = [ours](const PriorState& prior) -> Result<std::vector<Request>> {
            const QueuesBefore before(prior);
            if (const auto walk = walk_of(before, prior, ours.pace)) return page_requests(*walk, before.short_listing);
            std::vector<Request> requests{HttpRequest{overview_target},
                                          HttpRequest{listing_target(!before.without_statistics), ours.pace.limit.bytes()},
                                          HttpRequest{overview_target}};
            if (before.short_listing) requests.emplace_back(HttpRequest{vhosts_target, largest_vhosts});
            return requests;
          },
          .parse = [ours](const PriorState& prior, std::span<const Answer> answers) { return parse(prior, answers, ours); },
          // What takes too long in one piece is asked for in pages.
          .failed = [](const PriorState& prior, const Error& error) -> Batch {
            Batch batch{.writes = {poll_row(prior.now, false)}};
            if (error.kind == ErrorClass::timeout) batch.writes.push_back(write_cursor(name, "pages_at_once", std::int64_t{1}));
            return batch;
          }};
}

}  // namespace gateway
