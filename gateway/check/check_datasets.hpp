// The files of datasets and upstreams, without asking anyone.
#pragma once

#include "check/finding.hpp"
#include "declared/files.hpp"
#include "settings/settings.hpp"

namespace gateway {

Findings check_datasets(const Settings& settings, const DeclaredDatasets& declared);

}  // namespace gateway
