#include "datasets/connection.hpp"

#include <fmt/format.h>

namespace gateway {

std::string known_connection(const std::string& connection) {
  // It was connected before if it has ever ceased to be: what its event calls a reconnect is counted as one.
  return fmt::format(
      "SELECT status, known_at, connected_at, reconnect_count, observed_since, EXISTS (SELECT 1 FROM "
      "ws_transition_log t WHERE t.connection = w.connection AND t.from_status = 'connected') AS was_connected "
      "FROM ws_connection_row w WHERE connection = '{}'",
      connection);
}

Write connection_row(const std::string& connection, const Table& before, const ConnectionSeen& seen, const std::string& basis,
                     std::int64_t now) {
  std::optional<std::string> status = seen.status;
  std::optional<double> connected_at = seen.connected_at;
  std::optional<std::int64_t> reconnects = seen.reconnect_count;
  std::optional<std::int64_t> since, known_at;
  std::optional<std::string> was;
  if (!before.empty()) {
    was = text(before.at(0, "status"));
    since = integer(before.at(0, "observed_since"));
    known_at = integer(before.at(0, "known_at"));
    if (!status) status = was;  // not knowing is no change: the last-known one stays, as such
    if (!connected_at && status == "connected") connected_at = number(before.at(0, "connected_at"));
    if (!reconnects) reconnects = integer(before.at(0, "reconnect_count"));
  }
  const bool came_back = seen.status == "connected" && was && was != "connected";
  if (came_back && !seen.connected_at) connected_at = static_cast<double>(now);
  const bool reconnected = came_back && integer(before.at(0, "was_connected")) == 1;
  if (!seen.reconnect_count && seen.status) reconnects = reconnects.value_or(0) + (reconnected ? 1 : 0);
  if (!since && seen.status) since = now;
  if (seen.status) known_at = now;
  return {.table = "ws_connection_row",
          .mode = Mode::upsert,
          .columns = {"connection", "status", "observed_at", "known_at", "environment", "connected_at", "last_heartbeat_at",
                      "reconnect_count", "observed_since", "last_error", "active_subscriptions", "basis"},
          .rows = {{connection, maybe(status), now, maybe(known_at), maybe(seen.environment),
                    seen.connected_at || status == "connected" ? maybe(connected_at) : Value{}, maybe(seen.last_heartbeat_at),
                    maybe(reconnects), maybe(since), maybe(seen.last_error), maybe(seen.active_subscriptions), basis}},
          .scope = {}};
}

Write connection_not_reported(const std::string& connection, const std::string& basis, std::int64_t now) {
  return {.table = "ws_connection_row",
          .mode = Mode::upsert,
          .columns = {"connection", "observed_at", "basis"},
          .rows = {{connection, now, basis}},
          .scope = {}};
}

}  // namespace gateway
