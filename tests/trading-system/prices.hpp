// The market's prices as a function of the time: every process sees the same price without asking another one, and
// two past weeks have prices too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "clock.hpp"

namespace trading {

const std::vector<std::string>& assets();
double market_price(std::string_view asset, Time time);

// Money and quantities as the database and the JSON strings show them: eight decimals.
std::string decimal(double value);

}  // namespace trading
