// Settings come from the environment, or from a .env file below it. All faults are found in one go; each names the
// variable, the value as it may be shown, and the remedy. docs: .env.example, which a test compares with what is read here.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.hpp"

namespace gateway {

// Where a variable's value is looked up; nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

Environment process_environment();
// Lines of KEY=VALUE; `export`, comments and quotes as in a shell. The overlay wins over the file.
std::expected<Environment, std::string> environment_file(const std::filesystem::path& file, Environment overlay);

struct SettingError {
  std::string variable, shown, remedy;
};

struct Pace {
  Milliseconds interval{}, timeout{}, stale_after{};
};

struct Url {
  bool tls = false;
  std::string host;
  int port = 80;
  std::string path;  // without a trailing slash
};

struct ServiceSettings {
  std::string name;
  std::optional<Url> url;   // nullopt: not monitored
  std::string health_path;  // on that url
  std::string api_key;
};

struct Settings {
  struct {
    std::string host, port, database, sslmode, sslrootcert, user, password;
    Pace pace;
  } postgres;
  struct {
    Url url;
    std::string user, password;
    Pace pace;
    std::int64_t lag_messages = 1000;
    double lag_ratio = 0.1;
    std::vector<std::string> lag_ignore;
  } rabbitmq;
  std::vector<ServiceSettings> services;
  Pace services_pace;
  std::vector<std::string> secrets;  // every password and key above, for SecretMask
  std::string ca_file;               // trust for HTTPS; empty: the system's
  std::vector<std::string> strategies;
  std::string bybit_environment;
  Milliseconds ws_quiet_after{};
  Milliseconds backoff_cap{}, publish_interval{};
  Milliseconds history_fine{}, history_minutes{}, history_quarters{}, event_retention{};
  std::int64_t event_max = 1000;
  std::filesystem::path cache_path;
  std::string log_level;
  bool log_json = false;
};

// Reads one variable after another and gathers the faults; also the list of all that can be set.
class SettingsReader {
 public:
  explicit SettingsReader(Environment environment) : environment_(std::move(environment)) {}

  std::string word(const std::string& name, const std::string& fallback);
  std::string one_of(const std::string& name, const std::string& fallback, const std::vector<std::string>& choices);
  std::string secret(const std::string& name, const std::string& fallback);
  Milliseconds duration(const std::string& name, const std::string& fallback);
  std::optional<Milliseconds> optional_duration(const std::string& name);
  std::int64_t count(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most);
  double ratio(const std::string& name, double fallback);
  bool yes_or_no(const std::string& name, bool fallback);
  std::vector<std::string> list(const std::string& name);
  std::optional<Url> url(const std::string& name, const std::string& fallback);
  std::vector<ServiceSettings> services(const std::string& name);

  const std::vector<std::string>& secrets() const { return secrets_; }  // all that were read, for SecretMask
  const std::vector<SettingError>& faults() const { return faults_; }
  const std::map<std::string, std::string>& variables() const { return variables_; }  // variable -> default

 private:
  std::optional<std::string> value(const std::string& name, const std::string& fallback);
  std::string noted(std::string secret);
  void fault(const std::string& variable, const std::string& shown, const std::string& remedy);

  Environment environment_;
  std::vector<SettingError> faults_;
  std::vector<std::string> secrets_;
  std::map<std::string, std::string> variables_;
};

std::optional<Milliseconds> parse_duration(std::string_view text);
std::optional<Url> parse_url(std::string_view text);

// What `status` and `ping` need.
std::filesystem::path read_cache_path(SettingsReader& reader);
// All of it; only usable while reader.faults() is empty.
Settings read_settings(SettingsReader& reader);

}  // namespace gateway
