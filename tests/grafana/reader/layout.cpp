#include "layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace grafana {
namespace {

constexpr std::size_t columns = 150;

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string key_of(const std::string& key) { return Json(key).dump() + ": "; }

// Whole numbers are never written with an exponent.
std::string scalar(const Json& value) {
  constexpr double exact = 1e16;
  if (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() && std::abs(value.get<double>()) < exact) {
    return fmt::format("{:.1f}", value.get<double>());
  }
  return value.dump();
}

std::string on_one_line(const Json& value) {
  if (!value.is_structured()) return scalar(value);
  if (value.empty()) return value.is_object() ? "{}" : "[]";
  std::string line;
  for (const auto& [key, child] : value.items()) {
    if (!line.empty()) line += ", ";
    line += (value.is_object() ? key_of(key) : "") + on_one_line(child);
  }
  return value.is_object() ? "{ " + line + " }" : "[" + line + "]";
}

std::string placed(const Json& value, std::size_t indent, std::size_t before) {
  auto line = on_one_line(value);
  if (!value.is_structured() || value.empty() || indent + before + width(line) <= columns) return line;
  const std::string pad(indent + 2, ' ');
  std::string lines;
  for (const auto& [key, child] : value.items()) {
    const auto prefix = value.is_object() ? key_of(key) : "";
    lines += (lines.empty() ? "" : ",\n") + pad + prefix + placed(child, indent + 2, width(prefix));
  }
  const std::string end(indent, ' ');
  return value.is_object() ? "{\n" + lines + "\n" + end + "}" : "[\n" + lines + "\n" + end + "]";
}

}  // namespace

std::string laid_out(const Json& document) { return placed(document, 0, 0) + "\n"; }

}  // namespace grafana
