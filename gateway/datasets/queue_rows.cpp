#include "datasets/queue_rows.hpp"

#include <functional>

namespace gateway {
namespace {

constexpr std::int64_t kept_after_vanishing_s = 3600;
constexpr std::size_t most_vanished = 1000;

struct Column {
  const char* name;
  Value (*value)(const JudgedQueue&);
};

Value or_null(const std::string& text) { return text.empty() ? Value{} : Value{text}; }

constexpr Column columns[] = {
    {"vhost", [](const JudgedQueue& q) -> Value { return q.listed.vhost; }},  // first, and then the name: see key_of
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
    {"seen_in_walk", [](const JudgedQueue& q) { return maybe(q.seen_in_walk); }},
};

}  // namespace

void add(QueueRows& queues, const JudgedQueue& queue) {
  Row row;
  row.reserve(std::size(columns));
  for (const auto& column : columns) row.push_back(column.value(queue));
  const auto key = key_of(row);
  queues.erase(key);  // its key is a part of its row
  queues.emplace(key, std::move(row));
}

Write queue_rows(QueueRows queues, Mode mode) {
  Write write{.table = "queue", .mode = mode, .columns = {}, .rows = {}, .scope = {}};
  for (const auto& column : columns) write.columns.emplace_back(column.name);
  write.rows.reserve(queues.size());
  while (!queues.empty()) write.rows.push_back(std::move(queues.extract(queues.begin()).mapped()));
  return write;
}

HistoryTables queue_history_tables() {
  return {.poll = "queue_poll",
          .run = "queue_run",
          .series = "queue",
          .series_id = "id",
          .of = "queue_id",
          .tier = "tier",
          .from = "from_at",
          .to = "to_at",
          .values = {{"messages", "max(r.messages)"},
                     {"publish_per_ks", "CAST(round(avg(r.publish_per_ks)) AS INTEGER)"},
                     {"consume_per_ks", "CAST(round(avg(r.consume_per_ks)) AS INTEGER)"}},
          .most_runs = 500'000};
}

Write sampled_at(std::int64_t at) {
  return {.table = "queue_sampling", .mode = Mode::upsert, .columns = {"id", "time"}, .rows = {{std::int64_t{1}, at}}, .scope = {}};
}

Write poll_row(std::int64_t at, bool ok) {
  return {.table = "queue_poll",
          .mode = Mode::upsert,
          .columns = {"tier", "time", "ok"},
          .rows = {{std::int64_t{0}, at, flag(ok)}},
          .scope = {}};
}

std::vector<Row> keep_vanished(const QueuesBefore& before, const std::function<bool(const QueueKey&)>& listed, std::int64_t now,
                               QueueRows& queues) {
  std::vector<Row> leave;
  std::multimap<std::int64_t, QueueKey, std::greater<>> vanished;  // the latest first
  for (const auto& [key, queue] : before.queues) {
    if (listed(key)) continue;
    const auto gone_at = queue.gone_at.value_or(now);
    const bool stays = now - gone_at < kept_after_vanishing_s && !key.second.starts_with("amq.gen-");
    if (stays) vanished.emplace(gone_at, key);
    else leave.push_back({std::string(key.first), std::string(key.second)});
  }
  std::size_t kept = 0;
  for (const auto& [gone_at, key] : vanished) {
    if (++kept > most_vanished) {
      leave.push_back({std::string(key.first), std::string(key.second)});
      continue;
    }
    const auto& queue = before.queues.at(key);
    JudgedQueue row;
    row.listed.vhost = key.first;
    row.listed.name = key.second;
    row.lag.verdict = "unknown";
    row.lag.reason = "the queue no longer exists";
    row.lag.memory = queue.lag();
    row.last_known_messages = queue.messages;
    row.gone_at = gone_at;
    add(queues, row);
  }
  return leave;
}

}  // namespace gateway
