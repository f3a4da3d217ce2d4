#include "event.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "cache/cache_file.hpp"

namespace history {
namespace {

constexpr const char* columns =
    "SELECT event_id, time, not_before_at, event_type, category, service, origin, coalesce(signal_id, '') || '|' || coalesce(order_id, '') "
    "|| '|' || "
    "coalesce(model_version, '') || '|' || coalesce(subscription_id, ''), coalesce(status, ''), coalesce(asset, '') || '|' || "
    "coalesce(side, '') || '|' || "
    "coalesce(symbol, '') || '|' || coalesce(channel_type, '') || '|' || coalesce(requesting_service, '') FROM ";

std::vector<Event> events_in(const gateway::Table& table) {
  std::vector<Event> events;
  events.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    const auto word = [&](std::size_t i) { return gateway::text(row[i]).value_or(""); };
    events.push_back({.id = word(0),
                      .time = gateway::number(row[1]).value_or(0),
                      .not_before = gateway::number(row[2]),
                      .type = word(3),
                      .category = word(4),
                      .service = word(5),
                      .origin = word(6),
                      .entity = word(7),
                      .status = word(8),
                      .facts = word(9)});
  }
  return events;
}

}  // namespace

std::vector<Event> events_of(const gateway::Store& store) { return events_in(store.query(std::string(columns) + "event_history")); }

std::vector<Event> events_after(const gateway::Store& store, std::int64_t row) {
  return events_in(store.query(std::string(columns) + "event WHERE rowid > ?", {row}));
}

Sum sum_up_to(const gateway::Store& store, std::int64_t row) {
  const auto sums =
      store.query("SELECT count(*), coalesce(max(rowid), 0), total(time), total(not_before_at) FROM event WHERE rowid <= ?", {row})
          .rows.at(0);
  return {.rows = gateway::integer(sums[0]).value_or(0),
          .last_row = gateway::integer(sums[1]).value_or(0),
          .times = gateway::number(sums[2]).value_or(0),
          .bounds = gateway::number(sums[3]).value_or(0)};
}

Sum sum_of_all(const gateway::Store& store) { return sum_up_to(store, std::numeric_limits<std::int64_t>::max()); }

std::vector<Event> events_of(const std::filesystem::path& published) {
  auto database = gateway::open_published(published);
  return events_in(gateway::read_table(database, std::string(columns) + "event_history"));
}

std::vector<Event> kept(std::vector<Event> events, const Retention& retention, std::int64_t now) {
  constexpr int always = 200;
  std::ranges::sort(events, [](const Event& a, const Event& b) { return a.time != b.time ? a.time > b.time : a.id < b.id; });
  std::map<std::string, std::int64_t> of_type, of_service;
  std::vector<Event> stay;
  for (auto& event : events) {
    const auto n = ++of_type[event.type];
    const auto m = ++of_service[event.service];
    const bool young = event.time >= static_cast<double>(now - retention.for_s);
    if ((young && n <= retention.most) || n <= always || m <= always) stay.push_back(std::move(event));
  }
  return stay;
}

}  // namespace history
