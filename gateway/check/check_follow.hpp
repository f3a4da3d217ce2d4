// A follower: what its settings leave open, what stands at CACHE_PATH, and with `ask` what each origin holds. Writes nothing.
#pragma once

#include "check/finding.hpp"
#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Nothing where FOLLOW names nothing. Blocks with `ask` for OBJECT_STORE_TIMEOUT at most for each origin.
Findings check_follow(const ObjectStoreSettings& store, const Settings& settings, bool ask);

}  // namespace gateway
