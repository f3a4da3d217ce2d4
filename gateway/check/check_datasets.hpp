// The files of datasets, without asking anyone.
#pragma once

#include "check/finding.hpp"
#include "settings/settings.hpp"

namespace gateway {

Findings check_datasets(const Settings& settings);

}  // namespace gateway
