// One line per change of state on standard error: these processes run beside the gateway, and what they did when is
// the other half of every riddle in its log.
#pragma once

#include <string_view>

namespace trading {

void log_line(std::string_view text);

}  // namespace trading
