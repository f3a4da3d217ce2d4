#include "declared/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace gateway {
namespace {

using Type = DeclaredColumn::Type;
using Format = DeclaredColumn::Format;

std::unexpected<std::string> expected(std::string_view what, std::string_view got = {}) {
  return std::unexpected(got.empty() ? fmt::format("expected {}", what) : fmt::format("expected {}, got {}", what, got));
}

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

double rounded(double value, const DeclaredColumn& column) {
  if (!column.decimals) return value;
  const auto factor = std::pow(10.0, static_cast<double>(*column.decimals));
  const auto scaled = std::round(value * factor);
  return std::isfinite(scaled) ? scaled / factor : value;
}

// NaN and the infinities are numbers that no panel can show: not available.
Converted number_as(const DeclaredColumn& column, double value) {
  if (!std::isfinite(value)) return Value{};
  if (column.type == Type::number) return Value{rounded(value, column)};
  constexpr double exact = 9007199254740992.0;
  if (std::trunc(value) != value || std::abs(value) > exact) return expected("a whole number");
  return Value{static_cast<std::int64_t>(value)};
}

Converted time_as(const DeclaredColumn& column, double value) {
  const double unit = column.format == Format::milliseconds   ? 1e3
                      : column.format == Format::microseconds ? 1e6
                      : column.format == Format::nanoseconds  ? 1e9
                                                              : 1;
  const auto seconds = value / unit;
  constexpr double year_2000 = 946'684'800, year_2100 = 4'102'444'800;
  // Zero is what many programs write for "never".
  if (!std::isfinite(seconds) || seconds == 0) return Value{};
  if (seconds < year_2000 || seconds > year_2100)
    return std::unexpected(
        fmt::format("as {} it is not between the years 2000 and 2100: is the format right?", unit == 1e3   ? "milliseconds"
                                                                                             : unit == 1e6 ? "microseconds"
                                                                                             : unit == 1e9 ? "nanoseconds"
                                                                                                           : "seconds"));
  return Value{rounded(seconds, column)};
}

Converted time_in(const DeclaredColumn& column, std::string_view text) {
  if (text == "infinity" || text == "-infinity") return Value{};
  if (column.format == Format::none || column.format == Format::rfc3339) {
    auto parsed = parse_time(text);
    if (!parsed && text.size() == 10) parsed = parse_time(std::string(text) + " 00:00:00");
    if (!parsed) return expected("a time such as 2026-01-31T12:00:00Z");
    return Value{rounded(*parsed, column)};
  }
  const auto value = number_in(text);
  return value ? time_as(column, *value) : expected("a number of time units");
}

Converted text_as(const DeclaredColumn& column, std::string_view text, std::int64_t longest) {
  auto clean = clean_utf8(text);
  const auto characters = std::ranges::count_if(clean, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; });
  const auto most = column.cut.value_or(longest);
  if (characters <= most) return Value{std::move(clean)};
  if (!column.cut)
    return std::unexpected(fmt::format("{} characters or more, at most {}: set `cut`, or raise bounds.text", most + 1, most));
  std::size_t end = 0;
  for (std::int64_t n = 0; end < clean.size(); ++end) {
    if ((static_cast<unsigned char>(clean[end]) & 0xc0U) != 0x80 && ++n > most) break;
  }
  clean.resize(end);
  return Value{std::move(clean)};
}

bool means_null(const DeclaredColumn& column, std::string_view text) {
  return std::ranges::find(column.null_if, text) != column.null_if.end();
}

}  // namespace

Converted value_of_text(const DeclaredColumn& column, std::string_view text, std::int64_t longest_text) {
  if (means_null(column, text)) return Value{};
  switch (column.type) {
    case Type::text:
    case Type::json: return text_as(column, text, longest_text);
    case Type::boolean:
      if (text == "true" || text == "t" || text == "1") return flag(true);
      if (text == "false" || text == "f" || text == "0") return flag(false);
      return expected("a boolean");
    case Type::time: return time_in(column, text);
    case Type::integer: {
      std::int64_t whole = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
      if (error == std::errc{} && end == text.data() + text.size()) return Value{whole};
      [[fallthrough]];
    }
    case Type::number: break;
  }
  const auto value = number_in(text);
  return value ? number_as(column, *value) : expected("a number");
}

Converted value_of_json(const DeclaredColumn& column, const Json* json, std::int64_t longest_text) {
  if (json == nullptr || json->is_null()) return Value{};
  if (const auto* text = json->get_ptr<const std::string*>()) {
    if (means_null(column, *text)) return Value{};
    const bool as_text = column.type == Type::text || column.type == Type::time || column.format == Format::decimal;
    if (as_text) return value_of_text(column, trimmed(*text), longest_text);
    if (column.type == Type::number || column.type == Type::integer)
      return expected("a number", "text: set format: decimal if it is a number");
  }
  switch (column.type) {
    case Type::json: return text_as(column, json->dump(-1, ' ', false, Json::error_handler_t::replace), longest_text);
    case Type::text:
      if (json->is_number() || json->is_boolean()) return text_as(column, json->dump(), longest_text);
      return expected("text", json->type_name());
    case Type::boolean: return json->is_boolean() ? Converted(flag(json->get<bool>())) : expected("a boolean", json->type_name());
    case Type::time:
      if (!json->is_number()) return expected("a time", json->type_name());
      if (column.format == Format::rfc3339) return expected("a time as text", "a number: set format: seconds or milliseconds");
      return time_as(column, json->get<double>());
    case Type::integer:
      if (json->is_number_unsigned() && json->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return expected("a whole number");
      if (json->is_number_integer()) return Value{json->get<std::int64_t>()};
      [[fallthrough]];
    case Type::number: break;
  }
  return json->is_number() ? number_as(column, json->get<double>()) : expected("a number", json->type_name());
}

}  // namespace gateway
