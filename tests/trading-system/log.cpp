// Writing a log line in one call, so lines of two threads do not mix.
#include "log.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "clock.hpp"

namespace trading {

void log_line(std::string_view text) {
  const std::string line = fmt::format("{} {}\n", zulu_iso(Clock::now()), text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace trading
