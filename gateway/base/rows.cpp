#include "base/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace gateway {

std::optional<std::int64_t> integer(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  return std::nullopt;
}

std::optional<double> number(const Value& value) {
  if (const auto* d = std::get_if<double>(&value)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(&value)) return static_cast<double>(*i);
  return std::nullopt;
}

std::optional<std::string> text(const Value& value) {
  if (const auto* s = std::get_if<std::string>(&value)) return *s;
  return std::nullopt;
}

std::string text_of(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  return text(value).value_or("");
}

std::size_t Table::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) throw std::out_of_range("no column " + std::string(name));
  return static_cast<std::size_t>(found - columns.begin());
}

}  // namespace gateway
