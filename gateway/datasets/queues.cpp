// rabbitmq.queues: every queue of every vhost that we may see, from one request, with the lag verdict of each.
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
#include "datasets/queue_rows.hpp"

namespace gateway {
namespace {

const std::string name = "rabbitmq.queues";

struct QueueSettings {
  LagRule rule;
  std::vector<std::pair<std::string, std::int64_t>> limits;  // pattern, messages; the first that fits
  std::vector<std::string> ignore;

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

Write poll_row(std::int64_t at, bool ok) {
  return {.table = "queue_poll",
          .mode = Mode::upsert,
          .columns = {"tier", "time", "ok"},
          .rows = {{std::int64_t{0}, at, flag(ok)}},
          .scope = {}};
}

// --- A listing that is too short ---------------------------------------------------------------------------------------

// Whether a listing that is shorter than the broker's own counts may be taken. `std::nullopt`: it may.
std::optional<Result<Batch>> refuse_short(const QueuesBefore& before, std::int64_t listed, std::int64_t least,
                                          std::span<const Answer> answers, const std::set<std::string>& vhosts_listed) {
  if (listed >= least) return std::nullopt;
  if (!before.short_listing || answers.size() < 4) {
    return Batch{.writes = {write_cursor(name, "short_listing", flag(true))}, .rows = 0, .more = true, .answered = false};
  }
  const auto empty = vhosts_without_queues(std::get<HttpAnswer>(answers[3]), vhosts_listed);
  if (!empty) return Result<Batch>(std::unexpected(empty.error()));
  if (empty->empty()) return std::nullopt;
  return Result<Batch>(failure(
      ErrorClass::auth, fmt::format("GET /api/queues lists {} of {} queues, and none of vhost {}; give the monitoring user permissions "
                                    "(^$ ^$ ^$ will do) there",
                                    listed, least, shortened(one_line(fmt::format("{}", fmt::join(*empty, ", "))), 200))));
}

// --- The source ----------------------------------------------------------------------------------------------------------

JudgedQueue judged(ListedQueue listed, const QueuesBefore& before, const QueueSettings& settings, const PriorState& prior) {
  const auto remembered = before.queues.find({listed.vhost, listed.name});
  const auto known = remembered == before.queues.end() ? RememberedQueue{} : remembered->second;
  listed.sample.ignored = settings.ignores(listed.name);
  auto lag = judge(listed.sample, known.lag, settings.rule_of(listed.name, prior.first_sample_counts), prior.now, before.polled_at);
  const auto last_known = listed.sample.messages ? listed.sample.messages : known.messages;
  return {std::move(listed), std::move(lag), last_known, std::nullopt};
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers, const QueueSettings& settings) {
  const QueuesBefore before(prior);
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
  std::map<QueueKey, JudgedQueue> queues;  // by key: two pages of a cluster can name a queue twice
  std::set<std::string> vhosts_listed;
  const auto count = read_listing(answer.body, first->counted, [&](ListedQueue listed) {
    vhosts_listed.insert(listed.vhost);
    auto key = QueueKey{listed.vhost, listed.name};
    queues[std::move(key)] = judged(std::move(listed), before, settings, prior);
  });
  if (!count) return std::unexpected(count.error());
  // Queues come and go while we ask: only a list shorter than both counts lacks something.
  const auto listed = static_cast<std::int64_t>(*count);
  if (auto refused = refuse_short(before, listed, std::min(first->queues, second->queues), answers, vhosts_listed)) return *refused;
  keep_vanished(before, prior.now, queues);
  Batch batch{.writes = {queue_rows(queues), poll_row(prior.now, true)}, .rows = listed};
  if (before.short_listing) batch.writes.push_back(write_cursor(name, "short_listing", flag(false)));
  return batch;
}

}  // namespace

Source queues(const Settings& settings) {
  const QueueSettings ours{.rule = {.messages = settings.rabbitmq.lag_messages,
                                    .ratio = settings.rabbitmq.lag_ratio,
                                    .after_s = std::max<std::int64_t>(1, settings.rabbitmq.lag_after.count() / 1000)},
                           .limits = settings.rabbitmq.lag_messages_of,
                           .ignore = settings.rabbitmq.lag_ignore};
  return {.name = name,
          .upstream = "rabbitmq",
          .tables = {"queue", "queue_poll", "cursor"},
          .row_count_sql = "SELECT count(*) FROM queue WHERE gone_at IS NULL",
          .prior_state_sql = queues_before_sql(name),
          .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
            const QueuesBefore before(prior);
            std::vector<Request> requests{HttpRequest{overview_target},
                                          HttpRequest{listing_target(!before.without_statistics), largest_listing},
                                          HttpRequest{overview_target}};
            if (before.short_listing) requests.emplace_back(HttpRequest{vhosts_target, largest_listing});
            return requests;
          },
          .parse = [ours](const PriorState& prior, std::span<const Answer> answers) { return parse(prior, answers, ours); },
          .failed = [](const PriorState& prior, const Error&) -> Batch { return {.writes = {poll_row(prior.now, false)}}; }};
}

}  // namespace gateway
