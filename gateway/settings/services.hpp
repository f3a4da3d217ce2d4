// Which services are monitored, and where.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"
#include "settings/settings_reader.hpp"
#include "settings/url.hpp"

namespace gateway {

struct ServiceSettings {
  std::string name;
  std::optional<Url> url;   // nullopt: not monitored
  std::string health_path;  // on that url; empty, of one from a file: it has none
  Secret api_key;           // the password where there is a user
  bool tcp = false;         // a probe without HTTP: healthy is what accepts a connection
  // Of one from a file.
  std::string user = {}, key_header = {};  // what stands before the key, name and colon included; empty: as HttpSettings has it
  std::string ca_file = {};                // empty: UPSTREAM_CA_FILE
  std::optional<Pace> pace = {};           // of its own
};

// The five services of the trading system, and those of HEALTH_SERVICES.
std::vector<ServiceSettings> read_services(SettingsReader& reader);

}  // namespace gateway
