// A duration as people write it: 500ms, 10s, 1m, 2h, 14d.
#pragma once

#include <optional>
#include <string_view>

#include "base/deadline.hpp"

namespace gateway {

// From a millisecond to ten years; nullopt: not a duration.
std::optional<Milliseconds> parse_duration(std::string_view text);

}  // namespace gateway
