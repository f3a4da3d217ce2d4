// `follow`: keep a copy of what a gateway on another host uploads, for a Grafana here.
#pragma once

#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Blocks until SIGTERM or SIGINT. Returns the exit code: 0 stopped, 1 cannot start, 2 settings.
int follow(const Settings& settings, const ObjectStoreSettings& object_store);

}  // namespace gateway
