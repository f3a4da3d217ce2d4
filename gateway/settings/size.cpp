#include "settings/size.hpp"

#include <charconv>
#include <cmath>
#include <map>

namespace gateway {

std::optional<std::int64_t> parse_size(std::string_view text) {
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr double k = 1000, ki = 1024;
  static const std::map<std::string_view, double> units{{"kB", k},   {"MB", k * k},    {"GB", k * k * k},     {"TB", k * k * k * k},
                                                        {"KiB", ki}, {"MiB", ki * ki}, {"GiB", ki * ki * ki}, {"TiB", ki * ki * ki * ki}};
  const auto found = units.find(unit);
  if (found == units.end()) return std::nullopt;
  const double bytes = amount * found->second;
  if (!(bytes >= 1e6) || bytes > 1e15) return std::nullopt;
  return std::llround(bytes);
}

}  // namespace gateway
