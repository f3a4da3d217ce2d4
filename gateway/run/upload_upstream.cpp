#include "run/upload_upstream.hpp"

#include <algorithm>

#include "ask/masked_upstream.hpp"
#include "replica/upload.hpp"

namespace gateway {

void add_upload(const ObjectStoreSettings& store, const Settings& settings, std::vector<SourceSetup>& setup,
                std::vector<UpstreamSpec>& upstreams) {
  if (!store.upload) return;
  static const auto source = upload_source();
  Pace pace{.interval = store.interval, .timeout = store.timeout, .stale_after = 3 * store.interval};
  // Nothing is uploaded while nothing is published, which lasts for a third of the shortest of these times.
  if (!setup.empty())
    pace.stale_after =
        std::max(pace.stale_after, std::ranges::min(setup, {}, [](const auto& each) { return each.pace.stale_after; }).pace.stale_after);
  setup.push_back({&source, pace});
  upstreams.push_back(
      {.name = source.upstream,
       .client = std::make_shared<MaskedUpstream>(std::make_shared<Upload>(store, settings.ca_file, settings.cache_path), settings.secrets),
       .pace = pace,
       .sources = {setup.back()},
       .after_publish = true});
}

}  // namespace gateway
