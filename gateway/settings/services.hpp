// Which services are monitored, and where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "settings/settings_reader.hpp"
#include "settings/url.hpp"

namespace gateway {

struct ServiceSettings {
  std::string name;
  std::optional<Url> url;   // nullopt: not monitored
  std::string health_path;  // on that url
  Secret api_key;
  bool tcp = false;  // a probe without HTTP: healthy is what accepts a connection
};

// The five services of the trading system, and those of HEALTH_SERVICES.
std::vector<ServiceSettings> read_services(SettingsReader& reader);

}  // namespace gateway
