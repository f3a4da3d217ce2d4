#include "cache/unseen.hpp"

#include <map>

namespace gateway {

const Unseen& unseen_of(const std::string& table) {
  // A connection's two times are equal while its status is known.
  static const std::string becomes_known_or_unknown =
      "(ws_connection_row.known_at IS ws_connection_row.observed_at) <> (excluded.known_at IS excluded.observed_at)";
  static const std::map<std::string, Unseen> known{
      {"cursor", {.all = true, .columns = {}, .unless = {}}},
      {"queue_poll", {.all = true, .columns = {}, .unless = {}}},  // a failure is seen by its error
      {"queue_sampling", {.all = true, .columns = {}, .unless = {}}},
      {"queue", {.all = false, .columns = {"lag_memory", "seen_in_walk"}, .unless = {}}},
      {"service", {.all = false, .columns = {"observed_at", "latency_ms"}, .unless = {}}},
      {"ws_connection_row", {.all = false, .columns = {"observed_at", "known_at"}, .unless = becomes_known_or_unknown}}};
  static const Unseen nothing{};
  if (table.starts_with("poll_")) return known.at("queue_poll");
  const auto found = known.find(table);
  return found == known.end() ? nothing : found->second;
}

}  // namespace gateway
