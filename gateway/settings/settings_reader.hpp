// How one variable of each kind is read and checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/secret.hpp"
#include "settings/env_file.hpp"
#include "settings/url.hpp"

namespace gateway {

struct SettingError {
  std::string variable, shown, remedy;
};

// Reads one variable after another and gathers the faults; also the list of all that can be set.
class SettingsReader {
 public:
  explicit SettingsReader(Environment environment) : environment_(std::move(environment)) {}

  std::string word(const std::string& name, const std::string& fallback);
  // A host name or address, or several; what looks like a URL or has credentials in it is a fault, and is not shown.
  std::string host(const std::string& name, const std::string& fallback, bool several = false);
  std::string ports(const std::string& name, const std::string& fallback, std::size_t hosts);
  std::string one_of(const std::string& name, const std::string& fallback, const std::vector<std::string>& choices);
  Secret secret(const std::string& name, const Secret& fallback);
  Milliseconds duration(const std::string& name, const std::string& fallback);
  std::optional<Milliseconds> optional_duration(const std::string& name);
  std::int64_t bytes(const std::string& name, const std::string& fallback);
  std::int64_t count(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most);
  // `1000,logs.*=100000`: a count, and others for names that fit a pattern, in their order.
  using Counts = std::pair<std::int64_t, std::vector<std::pair<std::string, std::int64_t>>>;
  Counts counts(const std::string& name, std::int64_t fallback, std::int64_t least, std::int64_t most);
  double ratio(const std::string& name, double fallback);
  bool yes_or_no(const std::string& name, bool fallback);
  std::vector<std::string> list(const std::string& name);
  std::optional<Url> url(const std::string& name, const std::string& fallback);

  // For what only the caller can judge. `shown`: the value, without secrets.
  void fault(const std::string& variable, const std::string& shown, const std::string& remedy);
  const std::vector<Secret>& secrets() const { return secrets_; }  // all that were read, for SecretMask
  const std::vector<SettingError>& faults() const { return faults_; }
  const Environment& environment() const { return environment_; }
  const std::map<std::string, std::string>& variables() const { return variables_; }  // variable -> default

 private:
  std::optional<std::string> value(const std::string& name, const std::string& fallback);
  Secret noted(Secret secret);

  Environment environment_;
  std::vector<SettingError> faults_;
  std::vector<Secret> secrets_;
  std::map<std::string, std::string> variables_;
};

}  // namespace gateway
