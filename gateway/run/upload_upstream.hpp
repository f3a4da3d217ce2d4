// The object store as one more upstream of a run, which is asked when something was published.
#pragma once

#include <vector>

#include "run/upstream_loop.hpp"
#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Adds it to both, where the settings say that the published file is uploaded.
void add_upload(const ObjectStoreSettings& store, const Settings& settings, std::vector<SourceSetup>& setup,
                std::vector<UpstreamSpec>& upstreams);

}  // namespace gateway
