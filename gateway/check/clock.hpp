// Whether a peer's clock agrees with ours. Times of rows are the peer's, ages are computed by ours.
#pragma once

#include <optional>
#include <string>

#include "check/finding.hpp"

namespace gateway {

// `peer`: what its clock said, unix seconds, at some time between `before` and `after` by ours. `exact`: to how many seconds.
std::optional<Finding> clock_finding(const std::string& name, double peer, double before, double after, double exact);

// Our clock, unix seconds.
double precise_now();

}  // namespace gateway
