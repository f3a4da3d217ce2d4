// Settings read from variables, and which of them are refused.
#pragma once

#include <algorithm>

#include "settings/settings.hpp"
#include "support.hpp"

namespace gateway {

inline std::vector<SettingError> faults_of(const Variables& variables) {
  SettingsReader reader(environment_of(variables));
  read_settings(reader);
  return reader.faults();
}

inline std::vector<std::string> faulty(const Variables& variables) {
  std::vector<std::string> names;
  for (const auto& fault : faults_of(variables)) names.push_back(fault.variable);
  std::ranges::sort(names);
  return names;
}

inline const ServiceSettings& service(const Settings& settings, const std::string& name) {
  return *std::ranges::find(settings.services, name, &ServiceSettings::name);
}

}  // namespace gateway
