// Settings come from the environment, or from a .env file below it. All errors are found in one go; each names the
// variable, the value as it may be shown, and the remedy. docs: .env.example, which a test compares with what is read here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "settings/listen_address.hpp"
#include "settings/retention.hpp"
#include "settings/services.hpp"
#include "settings/settings_reader.hpp"

namespace gateway {

struct PostgresSettings {
  std::string host, port;  // comma lists, as libpq takes them
  std::string database, sslmode, sslrootcert, user;
  Secret password;
  std::string channel_binding = "prefer", target_session_attrs = "any";
  Pace pace;
  std::string timeout_name = "POSTGRES_TIMEOUT";  // for error texts
};

// A further database, from a file.
struct DatabaseSettings {
  std::string name;
  PostgresSettings at;
};

struct Settings {
  PostgresSettings postgres;
  struct {
    Url url;
    std::string user;
    Secret password;
    Pace pace;
    std::int64_t queues_max = 5'000;
    std::int64_t lag_messages = 1000;
    std::vector<std::pair<std::string, std::int64_t>> lag_messages_of;  // pattern of queue names, limit
    double lag_ratio = 0.1;
    Milliseconds lag_after{};
    std::vector<std::string> lag_ignore;
  } rabbitmq;
  std::vector<DatabaseSettings> databases;  // besides `postgres`
  std::vector<ServiceSettings> services;
  Pace services_pace;
  std::vector<Secret> secrets;  // every password and key above, for SecretMask
  std::string ca_file;          // trust for HTTPS; empty: the system's
  std::vector<std::string> strategies;
  std::string bybit_environment;
  Milliseconds ws_quiet_after{};
  Milliseconds backoff_cap{}, publish_interval{}, save_interval{};
  std::int64_t save_budget = 0;  // bytes a day
  Retention retention;
  std::filesystem::path cache_path;
  std::filesystem::path datasets_directory;  // empty: no datasets from files
  std::int64_t cache_max_size = 0;           // bytes; for datasets from files
  Environment environment;                   // where secrets are that such files name
  mode_t cache_mode = 0444;                  // of the published file: who may read it
  std::optional<ListenAddress> listen;       // nullopt: no listener
  std::string log_level;
  bool log_json = false;
};

// What `status` and `ping` need.
std::filesystem::path read_cache_path(SettingsReader& reader);
// All of it; only usable while reader.faults() is empty.
Settings read_settings(SettingsReader& reader);

}  // namespace gateway
