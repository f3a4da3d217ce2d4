// Free texts as people and exchanges write them: long, with quotes, line breaks, Cyrillic and emoji, because each of
// these has broken a reader somewhere.
#pragma once

#include <string>
#include <string_view>

#include "random.hpp"

namespace trading {

std::string model_reasoning(Random& choices, std::string_view asset, std::string_view side);
std::string rejection_reason(Random& choices, std::string_view asset, double amount);

}  // namespace trading
