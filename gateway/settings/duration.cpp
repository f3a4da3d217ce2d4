#include "settings/duration.hpp"

#include <charconv>
#include <cmath>
#include <map>

namespace gateway {

std::optional<Milliseconds> parse_duration(std::string_view text) {
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  static const std::map<std::string_view, double> units{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
  const auto found = units.find(unit);
  if (found == units.end()) return std::nullopt;
  const double ms = amount * found->second;
  constexpr double ten_years = 10 * 366 * 86400e3;  // beyond it a sum of durations could overflow a clock
  if (!(ms >= 1) || ms > ten_years) return std::nullopt;
  return Milliseconds{static_cast<std::int64_t>(std::llround(ms))};
}

}  // namespace gateway
