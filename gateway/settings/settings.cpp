// The list of all settings: names, defaults and where they go.
#include "settings/settings.hpp"

#include "base/text.hpp"

namespace gateway {
namespace {

Pace read_pace(SettingsReader& reader, const std::string& prefix, const std::string& interval, const std::string& timeout,
               std::optional<Milliseconds> stale_after) {
  Pace pace;
  pace.interval = reader.duration(prefix + "_INTERVAL", interval);
  pace.timeout = reader.duration(prefix + "_TIMEOUT", timeout);
  pace.stale_after = stale_after.value_or(3 * pace.interval);
  return pace;
}

std::optional<ListenAddress> read_listen_address(SettingsReader& reader) {
  const auto given = reader.word("GATEWAY_LISTEN", "");
  if (given.empty()) return std::nullopt;
  auto parsed = parse_listen_address(given);
  if (!parsed) {
    reader.fault("GATEWAY_LISTEN", given,
                 "use ADDRESS:PORT, such as 127.0.0.1:9464 or [::1]:9464, or :9464 for every address of this host");
  }
  return parsed;
}

}  // namespace

std::filesystem::path read_cache_path(SettingsReader& reader) { return reader.word("CACHE_PATH", "volumes/cache/cache.db"); }

Settings read_settings(SettingsReader& reader) {
  Settings s;
  const auto stale_after = reader.optional_duration("STALE_AFTER");

  s.postgres.host = reader.host("POSTGRES_HOST", "postgres", true);
  s.postgres.port = reader.ports("POSTGRES_PORT", "5432", split(s.postgres.host, ',').size());
  s.postgres.database = reader.word("POSTGRES_DB", "ytrader");
  s.postgres.sslmode = reader.one_of("POSTGRES_SSLMODE", "prefer", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"});
  s.postgres.sslrootcert = reader.word("POSTGRES_SSLROOTCERT", "");
  s.postgres.channel_binding = reader.one_of("POSTGRES_CHANNEL_BINDING", "prefer", {"disable", "prefer", "require"});
  s.postgres.target_session_attrs =
      reader.one_of("POSTGRES_TARGET_SESSION_ATTRS", "any", {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"});
  s.postgres.user = reader.word("GRAFANA_POSTGRES_USER", "grafana_monitor");
  s.postgres.password = reader.secret("GRAFANA_POSTGRES_PASSWORD", "");
  s.postgres.pace = read_pace(reader, "POSTGRES", "10s", "5s", stale_after);

  s.rabbitmq.url.host = reader.host("RABBITMQ_HOST", "rabbitmq");
  s.rabbitmq.url.port = static_cast<int>(reader.count("RABBITMQ_MANAGEMENT_PORT", 15672, 1, 65535));
  s.rabbitmq.url.tls = reader.yes_or_no("RABBITMQ_MANAGEMENT_TLS", false);
  s.rabbitmq.user = reader.word("RABBITMQ_MANAGEMENT_USER", reader.word("RABBITMQ_USER", "guest"));
  s.rabbitmq.password = reader.secret("RABBITMQ_MANAGEMENT_PASSWORD", reader.secret("RABBITMQ_PASSWORD", "guest"));
  s.rabbitmq.pace = read_pace(reader, "RABBITMQ", "15s", "10s", stale_after);
  s.rabbitmq.queues_max = reader.count("RABBITMQ_QUEUES_MAX", 5'000, 1, 1'000'000);
  std::tie(s.rabbitmq.lag_messages, s.rabbitmq.lag_messages_of) = reader.counts("QUEUE_LAG_MESSAGES", 1000, 1, 1'000'000'000'000);
  s.rabbitmq.lag_ratio = reader.ratio("QUEUE_LAG_RATIO", 0.1);
  s.rabbitmq.lag_after = reader.duration("QUEUE_LAG_AFTER", "75s");
  s.rabbitmq.lag_ignore = reader.list("QUEUE_LAG_IGNORE");

  s.services = read_services(reader);
  s.services_pace = read_pace(reader, "SERVICES", "10s", "3s", stale_after);
  s.ca_file = reader.word("UPSTREAM_CA_FILE", "");

  s.strategies = reader.list("TRADING_STRATEGIES");
  s.bybit_environment = reader.word("BYBIT_ENVIRONMENT", "");
  s.ws_quiet_after = reader.duration("WS_QUIET_AFTER", "60s");

  s.backoff_cap = reader.duration("BACKOFF_CAP", "60s");
  s.publish_interval = reader.duration("PUBLISH_INTERVAL", "500ms");
  s.save_interval = reader.duration("SAVE_INTERVAL", "60s");
  s.save_budget = reader.bytes("SAVE_BUDGET", "5GB");
  s.retention.history_fine = reader.duration("HISTORY_FINE", "2h");
  s.retention.history_minutes = reader.duration("HISTORY_MINUTES", "24h");
  s.retention.history_quarters = reader.duration("HISTORY_QUARTERS", "14d");
  s.retention.event_retention = reader.duration("EVENT_RETENTION", "30d");
  s.retention.event_max = reader.count("EVENT_MAX", 1000, 200, 1'000'000);

  s.cache_path = read_cache_path(reader);
  s.datasets_directory = reader.word("DATASETS_DIR", "volumes/datasets");
  s.cache_max_size = reader.bytes("CACHE_MAX_SIZE", "64MiB");
  // No write bit: a reader's own sqlite3 would change the file in place.
  const auto mode = reader.one_of("CACHE_MODE", "0444", {"0444", "0440", "0400"});
  s.cache_mode = mode == "0400" ? 0400 : mode == "0440" ? 0440 : 0444;
  s.listen = read_listen_address(reader);
  s.log_level = reader.one_of("LOG_LEVEL", "info", {"debug", "info", "warn", "error"});
  s.log_json = reader.one_of("LOG_FORMAT", "text", {"text", "json"}) == "json";
  s.secrets = reader.secrets();
  s.environment = reader.environment();
  return s;
}

}  // namespace gateway
