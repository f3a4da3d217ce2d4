// The datasets and upstreams of DATASETS_DIR for a run: read with all that their files may refer to, and as sources beside the built-in
// ones.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "declared/files.hpp"
#include "settings/settings.hpp"

namespace gateway {

// What files may refer to, and the names that they must not take.
Surroundings surroundings_of(const Settings& settings);
DeclaredDatasets read_datasets(const Settings& settings);
// With the upstreams of files beside the built-in ones. All that follows takes these.
Settings with_upstreams_of(const DeclaredDatasets& declared, Settings settings);
// All sources: the built-in ones, then those of the files.
std::vector<Source> sources_of(const Settings& settings, const DeclaredDatasets& declared);

}  // namespace gateway
