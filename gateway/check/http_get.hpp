// A few GETs in a row, outside of any source.
#pragma once

#include <string>
#include <vector>

#include "ask/http_transfer.hpp"

namespace gateway {

// One answer for each target, whatever its status; an error where there was none. Blocks.
Result<std::vector<HttpAnswer>> http_get(const HttpSettings& settings, const std::vector<std::string>& targets, Milliseconds timeout);

}  // namespace gateway
