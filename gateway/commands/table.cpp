#include "commands/table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>

namespace gateway {
namespace {

// Characters, not bytes: good enough for what the cache holds outside of free text.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string coloured(const std::string& word, bool colour) {
  static const std::map<std::string, const char*> codes{{"fresh", "32"},    {"healthy", "32"}, {"ok", "32"},        {"stale", "33"},
                                                        {"degraded", "33"}, {"lagging", "31"}, {"unhealthy", "31"}, {"never", "33"},
                                                        {"unknown", "90"},  {"off", "90"},     {"missing", "90"}};
  const auto found = codes.find(word);
  if (!colour || found == codes.end()) return word;
  return fmt::format("\033[{}m{}\033[0m", found->second, word);
}

void print_table(const TextTable& table, bool colour, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const auto& name : table.header) widths.push_back(width(name));
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width(row[c]));
  }
  const auto line = [&](const std::vector<std::string>& cells, const auto& shown) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string pad(widths[c] - width(cells[c]), ' ');
      const bool right = c < table.right.size() && table.right[c];
      text += (c == 0 ? "" : "  ") + (right ? pad + shown(cells[c]) : shown(cells[c]) + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  };
  line(table.header, [&](const std::string& cell) { return colour ? "\033[1m" + cell + "\033[0m" : cell; });
  for (const auto& row : table.rows) line(row, [&](const std::string& cell) { return coloured(cell, colour); });
}

std::string readable_seconds(double seconds) {
  const auto s = static_cast<std::int64_t>(std::llround(std::abs(seconds)));
  const std::string sign = seconds < -0.5 ? "-" : "";
  if (s < 60) return fmt::format("{}{} s", sign, s);
  if (s < 3600) return fmt::format("{}{} min {} s", sign, s / 60, s % 60);
  if (s < 86400) return fmt::format("{}{} h {} min", sign, s / 3600, s % 3600 / 60);
  return fmt::format("{}{} d {} h", sign, s / 86400, s % 86400 / 3600);
}

std::string readable_time(double unix_seconds) {
  constexpr double year_9999 = 253402300799;
  if (!(std::abs(unix_seconds) <= year_9999)) return "?";
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(unix_seconds)));
}

}  // namespace gateway
