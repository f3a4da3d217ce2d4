// The object store as one more upstream of a run, which is asked when something was published; and once more at the end of a run, so
// that followers get what was published last.
#pragma once

#include <vector>

#include "run/upstream_loop.hpp"
#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Adds it to both, where the settings say that the published file is uploaded.
void add_upload(const ObjectStoreSettings& store, const Settings& settings, std::vector<SourceSetup>& setup,
                std::vector<UpstreamSpec>& upstreams);

struct LastUpload {
  bool failed = false;
  bool left_a_thread_behind = false;  // it did not come back, as in the resolver: the process must end without waiting for it
};

// Uploads the published file, where the settings say so, and logs how that went. Blocks for `within` and half a second more at most.
LastUpload upload_last(const ObjectStoreSettings& store, const Settings& settings, Milliseconds within);

}  // namespace gateway
