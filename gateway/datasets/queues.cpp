// rabbitmq.queues: every queue of every vhost we may see, from one request, with the lag verdict of each.
// The listing is refused when it is shorter than the broker's own count: a vhost without permissions vanishes silently.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.hpp"
#include "base/text.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"
#include "datasets/lag.hpp"

namespace gateway {
namespace {

const std::string name = "rabbitmq.queues";

constexpr const char* overview = "/api/overview?columns=object_totals.queues,disable_stats,rates_mode";
constexpr const char* listing =
    "/api/queues?columns=vhost,name,state,messages,messages_ready,messages_unacknowledged,consumers,"
    "message_stats.publish_details.rate,message_stats.deliver_get_details.rate,message_stats.redeliver_details.rate,"
    "arguments.x-max-length,effective_policy_definition.max-length";

// Where the broker keeps no statistics it still counts messages, when asked this way; consumers and rates it cannot tell.
constexpr const char* listing_without_statistics =
    "/api/queues?disable_stats=true&enable_queue_totals=true&columns=vhost,name,state,messages,messages_ready,messages_unacknowledged,"
    "arguments.x-max-length,effective_policy_definition.max-length";

constexpr double growth_window_s = 300;
constexpr double shortest_growth_s = 20;  // below it, growth is the noise of one sample

struct Announced {
  std::int64_t queues = 0;
  bool statistics = true;  // whether listings have figures beyond the counts
  bool rates = true;
};

Result<Announced> announced(const HttpAnswer& answer) {
  const std::string what = "GET /api/overview";
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));
  const auto document = parse_json(answer.body, what);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> fault;
  const Fields body(*document, what, fault);
  const auto count = body.object("object_totals").integer("queues");
  const auto disabled = body.boolean("disable_stats");
  const auto rates_mode = body.text("rates_mode");
  if (fault) return std::unexpected(*fault);
  if (!count) return failure(ErrorClass::malformed, what + ".object_totals.queues: expected integer, got nothing");
  return Announced{.queues = *count, .statistics = disabled != true, .rates = disabled != true && rates_mode != "none"};
}

// Without statistics another listing is asked for; the overview says so, and the next attempt knows.
bool without_statistics(const PriorState& prior) { return integer(prior.tables.at(2).at(0, "without_statistics")) == 1; }

using QueueKey = std::pair<std::string, std::string>;

std::map<QueueKey, LagMemory> memories(const PriorState& prior) {
  std::map<QueueKey, LagMemory> found;
  const auto& before = prior.tables.at(0);
  for (const auto& row : before.rows) {
    LagMemory memory{.lagging_since = integer(row.at(2)), .slow_samples = integer(row.at(3)).value_or(0), .growth_per_s = {}};
    found[{text(row.at(0)).value_or(""), text(row.at(1)).value_or("")}] = memory;
  }
  return found;
}

struct Past {
  std::int64_t at = 0;
  std::optional<std::int64_t> messages;
};

std::map<QueueKey, Past> pasts(const PriorState& prior) {
  std::map<QueueKey, Past> found;
  for (const auto& row : prior.tables.at(1).rows) {
    found[{text(row.at(0)).value_or(""), text(row.at(1)).value_or("")}] = {integer(row.at(2)).value_or(0), integer(row.at(3))};
  }
  return found;
}

std::optional<double> growth(const std::map<QueueKey, Past>& past, const QueueKey& key, std::optional<std::int64_t> messages,
                             std::int64_t now) {
  const auto found = past.find(key);
  if (found == past.end() || !found->second.messages || !messages) return std::nullopt;
  const auto seconds = static_cast<double>(now - found->second.at);
  if (seconds < shortest_growth_s) return std::nullopt;
  return static_cast<double>(*messages - *found->second.messages) / seconds;
}

struct Listed {
  QueueKey key;
  QueueSample sample;
  std::optional<std::int64_t> ready, unacknowledged;
};

std::optional<Error> read_queue(const Json& object, std::size_t index, bool rates, Listed& queue) {
  std::optional<Error> fault;
  const Fields fields(object, fmt::format("queues[{}]", index), fault);
  const auto vhost = fields.text("vhost");
  const auto queue_name = fields.text("name");
  queue.sample.state = fields.text("state").value_or("");
  queue.sample.messages = fields.integer("messages");
  queue.ready = fields.integer("messages_ready");
  queue.unacknowledged = fields.integer("messages_unacknowledged");
  queue.sample.consumers = fields.integer("consumers");
  queue.sample.max_length = fields.object("arguments").integer("x-max-length");
  if (!queue.sample.max_length) queue.sample.max_length = fields.object("effective_policy_definition").integer("max-length");
  // An absent rate is a rate of nothing, once the queue has figures at all, and while the broker measures rates.
  if (queue.sample.messages && rates) {
    const auto stats = fields.object("message_stats");
    // None is negative: what says so is no rate, and a difference of such could be no number.
    const auto rate = [&](const char* key) { return std::max(0.0, stats.object(key).number("rate").value_or(0)); };
    queue.sample.publish_rate = rate("publish_details");
    queue.sample.consume_rate = std::max(0.0, rate("deliver_get_details") - rate("redeliver_details"));
  }
  if (fault) return fault;
  if (!vhost || !queue_name) return Error{ErrorClass::malformed, fmt::format("queues[{}]: vhost or name is missing", index)};
  queue.key = {*vhost, *queue_name};
  return std::nullopt;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers, LagRule rule, const std::vector<std::string>& ignore) {
  rule.first_sample_counts = prior.first_sample_counts;
  const auto before = announced(std::get<HttpAnswer>(answers[0]));
  if (!before) return std::unexpected(before.error());
  const auto after = announced(std::get<HttpAnswer>(answers[2]));
  if (!after) return std::unexpected(after.error());
  if (before->statistics == without_statistics(prior)) {  // not what we asked for: ask again, the other way
    return Batch{.writes = {write_cursor(name, "without_statistics", flag(!before->statistics))}, .more = true, .answered = false};
  }
  const auto& answer = std::get<HttpAnswer>(answers[1]);
  const std::string what = "GET /api/queues";
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));

  const auto memory = memories(prior);
  const auto past = pasts(prior);
  std::map<QueueKey, Row> rows;  // by key: two pages of a cluster can name a queue twice
  const auto count = parse_array(answer.body, what, [&](const Json& object, std::size_t index) -> std::optional<Error> {
    Listed queue;
    if (auto fault = read_queue(object, index, before->rates, queue)) return fault;
    const auto& [vhost, queue_name] = queue.key;
    queue.sample.ignored = std::ranges::any_of(ignore, [&](const auto& pattern) { return matches(pattern, queue_name); });
    const auto remembered = memory.find(queue.key);
    auto was = remembered == memory.end() ? LagMemory{} : remembered->second;
    was.growth_per_s = growth(past, queue.key, queue.sample.messages, prior.now);
    const auto lag = judge(queue.sample, was, rule, prior.now);
    rows[queue.key] = {vhost,
                       queue_name,
                       maybe(queue.sample.messages),
                       maybe(queue.ready),
                       maybe(queue.unacknowledged),
                       maybe(queue.sample.consumers),
                       maybe(queue.sample.publish_rate),
                       maybe(queue.sample.consume_rate),
                       queue.sample.state.empty() ? Value{} : Value{queue.sample.state},
                       lag.verdict,
                       maybe(lag.reason),
                       maybe(lag.severity),
                       maybe(lag.lagging_since),
                       lag.slow_samples,
                       maybe(was.growth_per_s),
                       maybe(lag.drain_eta_s)};
    return std::nullopt;
  });
  if (!count) return std::unexpected(count.error());
  // Queues come and go while we ask: only a list shorter than both counts lacks something.
  const auto least = std::min(before->queues, after->queues);
  if (static_cast<std::int64_t>(*count) < least) {
    return failure(ErrorClass::auth,
                   fmt::format("{} lists {} of {} queues; give the monitoring user permissions (^$ ^$ ^$ will do) in every vhost", what,
                               *count, least));
  }
  Write write{.table = "queue",
              .mode = Mode::replace,
              .columns = {"vhost", "name", "messages", "messages_ready", "messages_unacknowledged", "consumers", "publish_rate_per_s",
                          "consume_rate_per_s", "state", "lag", "lag_reason", "lag_severity", "lagging_since", "slow_samples",
                          "growth_per_s", "drain_eta_s"},
              .rows = {},
              .scope = {}};
  for (auto& [_, row] : rows) write.rows.push_back(std::move(row));
  Batch batch;
  batch.rows = static_cast<std::int64_t>(*count);
  batch.writes.push_back(std::move(write));
  batch.writes.push_back({.table = "queue_poll",
                          .mode = Mode::upsert,
                          .columns = {"tier", "time", "ok"},
                          .rows = {{std::int64_t{0}, prior.now, std::int64_t{1}}},
                          .scope = {}});
  return batch;
}

}  // namespace

Source queues(const Settings& settings) {
  const LagRule rule{.messages = settings.rabbitmq.lag_messages, .ratio = settings.rabbitmq.lag_ratio, .first_sample_counts = false};
  return {
      .name = name,
      .upstream = "rabbitmq",
      .tables = {"queue", "queue_poll", "cursor"},
      .row_count_sql = "SELECT count(*) FROM queue",
      .prior_state_sql =
          {"SELECT vhost, name, lagging_since, slow_samples FROM queue",
           // Each queue's oldest sample within the window of growth.
           fmt::format(
               "SELECT q.vhost, q.name, max(r.from_at, unixepoch() - {0}) AS at, r.messages, min(r.from_at) "
               "FROM queue_run r JOIN queue q ON q.id = r.queue_id WHERE r.tier = 0 AND r.to_at >= unixepoch() - {0} GROUP BY r.queue_id",
               growth_window_s),
           read_cursors(name, {"without_statistics"})},
      .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
        const auto* list = without_statistics(prior) ? listing_without_statistics : listing;
        return std::vector<Request>{HttpRequest{overview}, HttpRequest{list}, HttpRequest{overview}};
      },
      .parse = [rule, ignore = settings.rabbitmq.lag_ignore](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
        return parse(prior, answers, rule, ignore);
      },
      .failed = [](const PriorState& prior, const Error&) -> Batch {
        return {.writes = {{.table = "queue_poll",
                            .mode = Mode::upsert,
                            .columns = {"tier", "time", "ok"},
                            .rows = {{std::int64_t{0}, prior.now, std::int64_t{0}}},
                            .scope = {}}}};
      }};
}

}  // namespace gateway
