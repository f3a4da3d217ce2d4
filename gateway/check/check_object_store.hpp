// The object store: what its settings leave open, and with `ask` whether it answers to our keys. Writes nothing.
#pragma once

#include "check/finding.hpp"
#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Nothing where nothing is uploaded. Blocks with `ask` for OBJECT_STORE_TIMEOUT at most.
Findings check_object_store(const ObjectStoreSettings& store, const Settings& settings, bool ask);

}  // namespace gateway
