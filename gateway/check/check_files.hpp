// What can be checked without asking an upstream: the cache's directory and file, who reads them, and settings that are risky.
#pragma once

#include <optional>
#include <string>

#include "check/finding.hpp"
#include "check/reader.hpp"
#include "settings/settings.hpp"

namespace gateway {

// `reader`: who shall read the cache; nullopt: not checked. `of_follower`: it is what `follow` keeps.
Findings check_cache(const Settings& settings, const std::optional<Reader>& reader, bool of_follower);

// The administrator of Grafana as Compose would be given it, credentials that cross a network in clear, and who may read `env_file`.
Findings check_exposure(const Settings& settings, const Environment& environment, const std::string& env_file);

}  // namespace gateway
