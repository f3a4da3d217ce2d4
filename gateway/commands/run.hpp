// `run` and `once`: load what was known, ask the upstreams, publish.
#pragma once

#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Blocks until SIGTERM or SIGINT, or with `once` until everything was asked once. Returns the exit code: 0 well, 1 cannot
// publish, 3 some source failed (`once` only). Throws std::runtime_error when it cannot even start.
int run(const Settings& given, const ObjectStoreSettings& object_store, bool once);

}  // namespace gateway
