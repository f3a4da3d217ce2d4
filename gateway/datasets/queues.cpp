// rabbitmq.queues: every queue of every vhost that we may see, from one request, with the lag verdict of each.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"
#include "datasets/queue_listing.hpp"

namespace gateway {
namespace {

const std::string name = "rabbitmq.queues";
constexpr const char* overview = "/api/overview?columns=object_totals.queues,disable_stats,rates_mode";
constexpr const char* vhosts = "/api/vhosts?columns=name";
constexpr std::int64_t kept_after_vanishing_s = 3600;
constexpr std::size_t most_vanished = 1000;

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

// --- What the broker says of itself ------------------------------------------------------------------------------------

struct Announced {
  std::int64_t queues = 0;
  bool statistics = true;  // whether listings have figures beyond the counts
  bool counted = true;
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
  if (!count) return failure(ErrorClass::malformed, what + ".object_totals.queues: missing required field (integer)");
  return Announced{.queues = *count, .statistics = disabled != true, .counted = disabled != true && rates_mode != "none"};
}

// --- What is known from the polls before -------------------------------------------------------------------------------

using QueueKey = std::pair<std::string, std::string>;

struct Remembered {
  LagMemory lag;
  std::optional<std::int64_t> messages, gone_at;
};

struct Before {
  std::map<QueueKey, Remembered> queues;
  bool without_statistics = false, short_listing = false;
  std::optional<std::int64_t> polled_at;

  explicit Before(const PriorState& prior) {
    const auto& rows = prior.tables.at(0);
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      Remembered queue;
      queue.lag = LagMemory::decoded(text(rows.at(i, "lag_memory")).value_or(""));
      queue.lag.lagging_since = integer(rows.at(i, "lagging_since"));
      queue.messages = integer(rows.at(i, "messages"));
      queue.gone_at = integer(rows.at(i, "gone_at"));
      queues[{text(rows.at(i, "vhost")).value_or(""), text(rows.at(i, "name")).value_or("")}] = std::move(queue);
    }
    const auto& cursors = prior.tables.at(1);
    without_statistics = integer(cursors.at(0, "without_statistics")) == 1;
    short_listing = integer(cursors.at(0, "short_listing")) == 1;
    const auto& polls = prior.tables.at(2);
    if (!polls.empty()) polled_at = integer(polls.at(0, "polled_at"));
  }
};

std::vector<std::string> prior_state_sql() {
  return {"SELECT vhost, name, lagging_since, lag_memory, last_known_messages AS messages, gone_at FROM queue",
          read_cursors(name, {"without_statistics", "short_listing"}),
          "SELECT max(time) AS polled_at FROM queue_poll WHERE tier = 0 AND ok = 1"};
}

// --- Rows ----------------------------------------------------------------------------------------------------------------

struct JudgedQueue {
  ListedQueue listed;
  Lag lag;
  std::optional<std::int64_t> last_known_messages, gone_at;
};

struct Column {
  const char* name;
  Value (*value)(const JudgedQueue&);
};

Value or_null(const std::string& text) { return text.empty() ? Value{} : Value{text}; }

constexpr Column columns[] = {
    {"vhost", [](const JudgedQueue& q) -> Value { return q.listed.vhost; }},
    {"name", [](const JudgedQueue& q) -> Value { return q.listed.name; }},
    {"type", [](const JudgedQueue& q) { return or_null(q.listed.sample.type); }},
    {"state", [](const JudgedQueue& q) { return or_null(q.listed.sample.state); }},
    {"messages", [](const JudgedQueue& q) { return maybe(q.listed.sample.messages); }},
    {"messages_ready", [](const JudgedQueue& q) { return maybe(q.listed.ready); }},
    {"messages_unacknowledged", [](const JudgedQueue& q) { return maybe(q.listed.unacknowledged); }},
    {"last_known_messages", [](const JudgedQueue& q) { return maybe(q.last_known_messages); }},
    {"consumers", [](const JudgedQueue& q) { return maybe(q.listed.sample.consumers); }},
    {"publish_rate_per_s", [](const JudgedQueue& q) { return maybe(q.listed.sample.publish_rate); }},
    {"consume_rate_per_s", [](const JudgedQueue& q) { return maybe(q.listed.sample.consume_rate); }},
    {"published_per_min", [](const JudgedQueue& q) { return maybe(q.lag.published_per_min); }},
    {"consumed_per_min", [](const JudgedQueue& q) { return maybe(q.lag.consumed_per_min); }},
    {"oldest_unconsumed_s", [](const JudgedQueue& q) { return maybe(q.lag.oldest_unconsumed_s); }},
    {"lag", [](const JudgedQueue& q) -> Value { return q.lag.verdict; }},
    {"lag_reason", [](const JudgedQueue& q) { return maybe(q.lag.reason); }},
    {"lag_severity", [](const JudgedQueue& q) { return maybe(q.lag.severity); }},
    {"lagging_since", [](const JudgedQueue& q) { return maybe(q.lag.memory.lagging_since); }},
    {"growth_per_s", [](const JudgedQueue& q) { return maybe(q.lag.growth_per_s); }},
    {"drain_eta_s", [](const JudgedQueue& q) { return maybe(q.lag.drain_eta_s); }},
    {"lag_memory", [](const JudgedQueue& q) -> Value { return q.lag.memory.encoded(); }},
    {"gone_at", [](const JudgedQueue& q) { return maybe(q.gone_at); }},
};

Write rows_of(const std::map<QueueKey, JudgedQueue>& queues) {
  Write write{.table = "queue", .mode = Mode::replace, .columns = {}, .rows = {}, .scope = {}};
  for (const auto& column : columns) write.columns.emplace_back(column.name);
  for (const auto& [_, queue] : queues) {
    Row row;
    for (const auto& column : columns) row.push_back(column.value(queue));
    write.rows.push_back(std::move(row));
  }
  return write;
}

Write poll_row(std::int64_t at, bool ok) {
  return {.table = "queue_poll",
          .mode = Mode::upsert,
          .columns = {"tier", "time", "ok"},
          .rows = {{std::int64_t{0}, at, flag(ok)}},
          .scope = {}};
}

// A queue that is not listed any more may be back in a minute: its row stays for an hour, without figures, so that its history
// has a gap instead of an end. The broker's own names never come back.
void keep_vanished(const Before& before, std::int64_t now, std::map<QueueKey, JudgedQueue>& queues) {
  std::multimap<std::int64_t, QueueKey, std::greater<>> vanished;  // the latest first
  for (const auto& [key, queue] : before.queues) {
    if (queues.contains(key) || key.second.starts_with("amq.gen-")) continue;
    const auto gone_at = queue.gone_at.value_or(now);
    if (now - gone_at < kept_after_vanishing_s) vanished.emplace(gone_at, key);
  }
  std::size_t kept = 0;
  for (const auto& [gone_at, key] : vanished) {
    if (++kept > most_vanished) break;
    const auto& queue = before.queues.at(key);
    JudgedQueue row;
    row.listed.vhost = key.first;
    row.listed.name = key.second;
    row.lag.verdict = "unknown";
    row.lag.reason = "the queue is not there any more";
    row.lag.memory = queue.lag;
    row.last_known_messages = queue.messages;
    row.gone_at = gone_at;
    queues[key] = std::move(row);
  }
}

// --- A listing that is too short ---------------------------------------------------------------------------------------

// A vhost without permissions lacks all of its queues. Reply queues that come and go make a listing short, too, but hardly twice
// at once, and they leave no vhost empty.
Result<std::vector<std::string>> vhosts_without_queues(const HttpAnswer& answer, const std::set<std::string>& listed) {
  const std::string what = "GET /api/vhosts";
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));
  std::vector<std::string> empty;
  const auto count = parse_array(answer.body, what, [&](const Json& object, std::size_t index) -> std::optional<Error> {
    std::optional<Error> fault;
    const auto vhost = Fields(object, fmt::format("vhosts[{}]", index), fault).text("name");
    if (vhost && !listed.contains(*vhost)) empty.push_back(*vhost);
    return fault;
  });
  if (!count) return std::unexpected(count.error());
  return empty;
}

// Whether a listing that is shorter than the broker's own counts may be taken. `std::nullopt`: it may.
std::optional<Result<Batch>> refuse_short(const Before& before, std::int64_t listed, std::int64_t least, std::span<const Answer> answers,
                                          const std::set<std::string>& vhosts_listed) {
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

JudgedQueue judged(ListedQueue listed, const Before& before, const QueueSettings& settings, const PriorState& prior) {
  const auto remembered = before.queues.find({listed.vhost, listed.name});
  const auto known = remembered == before.queues.end() ? Remembered{} : remembered->second;
  listed.sample.ignored = settings.ignores(listed.name);
  auto lag = judge(listed.sample, known.lag, settings.rule_of(listed.name, prior.first_sample_counts), prior.now, before.polled_at);
  const auto last_known = listed.sample.messages ? listed.sample.messages : known.messages;
  return {std::move(listed), std::move(lag), last_known, std::nullopt};
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers, const QueueSettings& settings) {
  const Before before(prior);
  const auto first = announced(std::get<HttpAnswer>(answers[0]));
  if (!first) return std::unexpected(first.error());
  const auto second = announced(std::get<HttpAnswer>(answers[2]));
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
  Batch batch{.writes = {rows_of(queues), poll_row(prior.now, true)}, .rows = listed};
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
          .prior_state_sql = prior_state_sql(),
          .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
            const Before before(prior);
            std::vector<Request> requests{HttpRequest{overview}, HttpRequest{listing_target(!before.without_statistics)},
                                          HttpRequest{overview}};
            if (before.short_listing) requests.emplace_back(HttpRequest{vhosts});
            return requests;
          },
          .parse = [ours](const PriorState& prior, std::span<const Answer> answers) { return parse(prior, answers, ours); },
          .failed = [](const PriorState& prior, const Error&) -> Batch { return {.writes = {poll_row(prior.now, false)}}; }};
}

}  // namespace gateway
