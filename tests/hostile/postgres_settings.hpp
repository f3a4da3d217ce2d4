// How the real adapter is told to reach a server of the tests.
#pragma once

#include <string>

#include "ask/postgres_connection.hpp"
#include "private_postgres.hpp"

namespace hostile {

using integration::PrivatePostgres;

// A PostgreSQL at this port of the loopback.
inline gateway::PostgresSettings postgres_at(int port, const std::string& password = integration::monitor_password) {
  gateway::PostgresSettings settings;
  settings.host = "127.0.0.1";
  settings.port = std::to_string(port);
  settings.database = "ytrader";
  settings.sslmode = "prefer";
  settings.user = "grafana_monitor";
  settings.password = password;
  settings.pace = {.interval = std::chrono::seconds(10), .timeout = std::chrono::seconds(60), .stale_after = std::chrono::seconds(90)};
  return settings;
}

inline gateway::PostgresSettings settings_of(const PrivatePostgres& server) { return postgres_at(server.port()); }

}  // namespace hostile
