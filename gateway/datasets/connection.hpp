// What is known of an exchange connection, and how one more observation changes it (docs/verdicts.md, "Exchange connections").
#pragma once

#include <optional>
#include <string>

#include "base/source.hpp"

namespace gateway {

struct ConnectionSeen {
  std::optional<std::string> status;  // connected, disconnected, connecting, reconnecting; nullopt: not known
  std::optional<std::string> environment, last_error;
  std::optional<double> connected_at, last_heartbeat_at;  // where reported
  std::optional<std::int64_t> reconnect_count, active_subscriptions;
};

// SQL for Source::prior_state_sql: the row so far.
std::string known_connection(const std::string& connection);

// The row after this observation. What is not reported is observed over polls: since when it is connected, how often it
// came back. `basis` is that of the status.
Write connection_row(const std::string& connection, const Table& before, const ConnectionSeen& seen, const std::string& basis,
                     std::int64_t now);

// The same after an answer that says nothing of a connection it told of before: it is unknown, and what is known of it stays.
Write connection_not_reported(const std::string& connection, const std::string& basis, std::int64_t now);

}  // namespace gateway
