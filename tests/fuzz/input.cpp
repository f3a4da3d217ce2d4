#include "input.hpp"

#include <cmath>

#include "base/text.hpp"

namespace fuzz {

std::int64_t Input::integer() {
  constexpr std::int64_t notable[] = {0, 1, -1, 200, 5000, 3600, 1'764'583'200, 1'764'579'600, 4'000'000'000, 9'000'000'000'000};
  const auto kind = byte();
  if (kind < std::size(notable)) return notable[kind];
  if (kind < 128) return raw<std::int16_t>();
  if (kind < 192) return raw<std::int32_t>();
  return raw<std::int64_t>();
}

double Input::real() {
  constexpr double notable[] = {0.0, -0.0, 0.5, -1.5, 1e300, -1e300, 5e-324, 1764583190.123456, 1764580000.0, 1e15};
  const auto kind = byte();
  if (kind < std::size(notable)) return notable[kind];
  if (kind < 128) return raw<std::int32_t>() / 16.0;
  const auto any = raw<double>();
  return std::isfinite(any) ? any : 0.0;
}

gateway::Value Input::value() {
  switch (below(4)) {
    case 1: return integer();
    case 2: return real();
    case 3: return gateway::clean_utf8(text());
    default: return {};
  }
}

}  // namespace fuzz
