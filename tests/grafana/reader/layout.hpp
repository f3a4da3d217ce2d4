// How a dashboard file is written, so that a change shows as the lines it changes: two spaces a level; an object or list
// that fits into 150 columns stands on one line.
#pragma once

#include <string>

#include "dashboard.hpp"

namespace grafana {

std::string laid_out(const Json& document);

}  // namespace grafana
