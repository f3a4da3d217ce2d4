// Slow waves for the trend, a quick one for the minute, a hash for the noise of a second.
#include "prices.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace trading {

namespace {

double usual_price(std::string_view asset) {
  if (asset == "BTCUSDT") return 91250.0;
  if (asset == "ETHUSDT") return 3040.0;
  if (asset == "SOLUSDT") return 142.5;
  return 2.18;
}

double noise(std::string_view asset, std::int64_t second) {
  std::uint64_t hash = static_cast<std::uint64_t>(second) * 0x9E3779B97F4A7C15ULL;
  for (const char letter : asset) hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211ULL;
  hash ^= hash >> 29;
  return static_cast<double>(hash % 2001) / 1000.0 - 1.0;
}

}  // namespace

const std::vector<std::string>& assets() {
  static const std::vector<std::string> names{"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"};
  return names;
}

double market_price(std::string_view asset, Time time) {
  const double t = unix_seconds(time);
  const double phase = static_cast<double>(asset.size() + static_cast<unsigned char>(asset.front()));
  const double trend = 0.04 * std::sin(t / 200'000 + phase) + 0.012 * std::sin(t / 9'000 + 2 * phase);
  const double swing = 0.002 * std::sin(t / 97 + 3 * phase) + 0.0004 * noise(asset, static_cast<std::int64_t>(t));
  return usual_price(asset) * (1 + trend + swing);
}

std::string decimal(double value) { return fmt::format("{:.8f}", value); }

}  // namespace trading
