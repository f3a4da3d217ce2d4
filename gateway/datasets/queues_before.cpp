#include "datasets/queues_before.hpp"

#include "datasets/cursor.hpp"
#include "datasets/lag_memory.hpp"

namespace gateway {

LagMemory RememberedQueue::lag() const {
  auto memory = LagMemory::decoded(lag_memory);
  memory.lagging_since = lagging_since;
  return memory;
}

QueueKey key_of(const Row& row) {
  const auto view = [](const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? std::string_view() : std::string_view(*text);
  };
  return {view(row.at(0)), view(row.at(1))};
}

QueuesBefore::QueuesBefore(const PriorState& prior) {
  const auto& rows = prior.tables.at(0);
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    RememberedQueue queue;
    if (const auto* memory = std::get_if<std::string>(&rows.at(i, "lag_memory"))) queue.lag_memory = *memory;
    queue.lagging_since = integer(rows.at(i, "lagging_since"));
    queue.messages = integer(rows.at(i, "messages"));
    queue.gone_at = integer(rows.at(i, "gone_at"));
    queue.seen_in_walk = integer(rows.at(i, "seen_in_walk"));
    queues[key_of(rows.rows[i])] = queue;
  }
  const auto& cursors = prior.tables.at(1);
  without_statistics = integer(cursors.at(0, "without_statistics")) == 1;
  short_listing = integer(cursors.at(0, "short_listing")) == 1;
  const auto cursor = [&](const char* name, std::int64_t otherwise) { return integer(cursors.at(0, name)).value_or(otherwise); };
  walk = {.at_once = cursor("pages_at_once", 0),
          .next = cursor("next_page", 1),
          .pages = cursor("pages", 1),
          .ms = cursor("walk_ms", 0),
          .began_at = integer(cursors.at(0, "walk_began_at")),
          .previous_at = integer(cursors.at(0, "previous_walk_at"))};
  const auto& polls = prior.tables.at(2);
  if (!polls.empty()) polled_at = integer(polls.at(0, "polled_at"));
}

std::vector<std::string> queues_before_sql(const std::string& name) {
  return {"SELECT vhost, name, lagging_since, lag_memory, last_known_messages AS messages, gone_at, seen_in_walk FROM queue",
          read_cursors(name, {"without_statistics", "short_listing", "pages_at_once", "next_page", "pages", "walk_ms", "walk_began_at",
                              "previous_walk_at"}),
          "SELECT max(time) AS polled_at FROM queue_poll WHERE tier = 0 AND ok = 1"};
}

}  // namespace gateway
