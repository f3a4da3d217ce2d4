// The parser for the upstreams' times, and durations of the settings.
#include <cmath>

#include "base/text.hpp"
#include "check.hpp"
#include "settings/duration.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto time = gateway::parse_time(text)) {
    fuzz::require(std::isfinite(*time) && *time > -62'200'000'000.0 && *time < 253'500'000'000.0, "a time lies in the years 0 to 9999");
    fuzz::require(gateway::parse_time(" " + text + "\n") == time, "space around a time does not matter");
  }
  if (const auto duration = gateway::parse_duration(text)) {
    fuzz::require(duration->count() >= 1 && *duration <= std::chrono::hours(24 * 3660), "a duration is positive and bearable");
  }
  return 0;
}
