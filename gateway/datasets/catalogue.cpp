#include "datasets/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

#include "base/text.hpp"

namespace gateway {
namespace {

using Access = Catalogue::Access;

const Catalogue::Column* find(const Catalogue& catalogue, const std::string& table, const std::string& column) {
  const auto found = catalogue.tables.find(table);
  if (found == catalogue.tables.end()) return nullptr;
  const auto of_table = found->second.find(column);
  return of_table == found->second.end() ? nullptr : &of_table->second;
}

template <std::size_t N>
bool is_one_of(const std::string& type, const std::array<std::string_view, N>& types) {
  return std::ranges::find(types, type) != types.end();
}

bool is_number(const std::string& type) {
  static constexpr std::array<std::string_view, 6> types{"smallint", "integer", "bigint", "numeric", "real", "double precision"};
  return is_one_of(type, types);
}

bool is_text(const std::string& type) {
  static constexpr std::array<std::string_view, 5> types{"text", "character varying", "character", "name", "citext"};
  return is_one_of(type, types) || type.ends_with(".citext");
}

bool is_time(const std::string& type) {
  static constexpr std::array<std::string_view, 3> types{"timestamp without time zone", "timestamp with time zone", "date"};
  return is_one_of(type, types);
}

// One that is no uuid would fail the whole statement, where the column is of uuids.
bool can_hold(const std::string& type, const std::string& key) {
  if (type == "uuid") {
    return key.size() == 36 && std::ranges::all_of(key, [](unsigned char c) { return std::isxdigit(c) != 0 || c == '-'; }) &&
           std::ranges::count(key, '-') == 4;
  }
  if (type != "smallint" && type != "integer" && type != "bigint") return true;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  return error == std::errc{} && end == key.data() + key.size();
}

// A type that is not known is taken to be the one that the trading system's own migrations give the column.
bool fits(const std::string& type, As as) {
  if (type.empty()) return true;
  switch (as) {
    case As::text: return true;
    case As::number: return is_number(type) || is_text(type) || type == "money" || type == "interval";
    case As::flag: return type == "boolean" || is_number(type) || is_text(type);
    case As::time: return is_time(type);
    case As::json: return type == "jsonb" || type == "json";
  }
  return false;
}

const char* noun(As as) {
  switch (as) {
    case As::text: return "a text";
    case As::number: return "a number";
    case As::flag: return "a boolean";
    case As::time: return "a timestamp";
    case As::json: return "json or jsonb";
  }
  return "";
}

}  // namespace

std::optional<Error> missing_columns(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns) {
  if (const auto refused = catalogue.refused.find(table); refused != catalogue.refused.end()) {
    return Error{ErrorClass::auth, refused->second};
  }
  const auto found = catalogue.tables.find(table);
  if (found == catalogue.tables.end()) {
    return Error{ErrorClass::missing, fmt::format("there is no table {}; apply the trading system's migrations", table)};
  }
  std::vector<std::string> absent, forbidden;
  for (const auto& column : columns) {
    const auto* known = find(catalogue, table, column);
    if (known == nullptr) absent.push_back(column);
    else if (known->access == Access::forbidden) forbidden.push_back(column);
  }
  // Forbidden first: an operator can fix that, while an old deployment is no fault.
  if (!forbidden.empty()) {
    return Error{ErrorClass::auth, fmt::format("may not read {}.{}; GRANT SELECT ON {} TO the role of GRAFANA_POSTGRES_USER", table,
                                               fmt::join(forbidden, ", "), table)};
  }
  if (!absent.empty()) {
    return Error{ErrorClass::missing,
                 fmt::format("table {} has no column {}; apply the trading system's migrations", table, fmt::join(absent, ", "))};
  }
  return std::nullopt;
}

std::optional<Error> forbidden(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns) {
  auto error = missing_columns(catalogue, table, columns);
  return error && error->kind == ErrorClass::auth ? error : std::nullopt;
}

bool is_absent(const Catalogue& catalogue, const std::string& table) {
  return !catalogue.tables.contains(table) && !catalogue.refused.contains(table);
}

std::string type_of(const Catalogue& catalogue, const std::string& table, const std::string& column) {
  const auto* known = find(catalogue, table, column);
  return known == nullptr ? std::string() : known->type;
}

std::optional<Error> unsuitable_columns(const Catalogue& catalogue, const std::string& table,
                                        const std::vector<std::pair<std::string, As>>& columns) {
  for (const auto& [column, as] : columns) {
    const auto type = type_of(catalogue, table, column);
    if (!fits(type, as)) {
      return Error{ErrorClass::sql, fmt::format("{}.{} is of type {}: expected {}", table, column, type, noun(as))};
    }
  }
  return std::nullopt;
}

std::string Parameters::text(std::string value) {
  values_.emplace_back(std::move(value));
  return "$" + std::to_string(values_.size());
}

std::string Parameters::seconds(double value) { return text(fmt::format("{:.6f}", value)) + "::float8"; }

std::string Columns::name(const std::string& column) const { return alias_.empty() ? column : alias_ + "." + column; }

bool Columns::serves(const std::string& column, As as) const {
  const auto* known = find(catalogue_, table_, column);
  return known != nullptr && known->access == Access::readable && !catalogue_.refused.contains(table_) && fits(known->type, as);
}

std::string Columns::text(const std::string& column) const { return serves(column, As::text) ? name(column) + "::text" : "NULL::text"; }

std::string Columns::number(const std::string& column) const {
  if (!serves(column, As::number)) return "NULL::numeric";
  const auto its_type = type(column);
  if (its_type == "money") return name(column) + "::numeric";
  if (its_type == "interval") return fmt::format("extract(epoch FROM {})", name(column));
  // Only what surely is a number is converted: a failed cast would cost the whole answer.
  if (is_text(its_type)) {
    return fmt::format(
        R"(CASE WHEN {0}::text ~ '^\s*[-+]?(\d{{1,100}}\.?\d{{0,100}}|\.\d{{1,100}})([eE][-+]?\d{{1,2}})?\s*$' THEN {0}::text::numeric END)",
        name(column));
  }
  return name(column);
}

std::string Columns::whole(const std::string& column) const {
  const auto its_type = type(column);
  const auto value = number(column);
  if (its_type.empty() || its_type == "smallint" || its_type == "integer" || its_type == "bigint") return value;
  return fmt::format("CASE WHEN abs({0}) < 9e18 THEN trunc({0})::bigint END", value);
}

std::string Columns::flag(const std::string& column) const {
  if (!serves(column, As::flag)) return "NULL::boolean";
  const auto its_type = type(column);
  if (is_number(its_type)) return fmt::format("({} <> 0)", name(column));
  if (is_text(its_type)) {
    return fmt::format(
        "CASE WHEN lower(trim({0}::text)) IN ('t', 'true', 'y', 'yes', 'on', '1') THEN true "
        "WHEN lower(trim({0}::text)) IN ('f', 'false', 'n', 'no', 'off', '0') THEN false END",
        name(column));
  }
  return name(column);
}

std::string Columns::time(const std::string& column) const {
  if (!serves(column, As::time)) return "NULL::numeric";
  return fmt::format("CASE WHEN isfinite({0}) THEN extract(epoch FROM {0}) END", name(column));
}

std::string Columns::json(const std::string& column, const std::string& key, const char* kind, const char* cast) const {
  if (!serves(column, As::json)) return fmt::format("NULL::{}", cast);
  const auto* const json_or_jsonb = type(column) == "json" ? "json" : "jsonb";
  return fmt::format("CASE WHEN {0}_typeof({1}->'{2}') = '{3}' THEN ({1}->>'{2}')::{4} END", json_or_jsonb, name(column), key, kind, cast);
}

std::string Columns::json_text(const std::string& column, const std::string& key) const { return json(column, key, "string", "text"); }

std::string Columns::json_number(const std::string& column, const std::string& key) const { return json(column, key, "number", "numeric"); }

std::string Columns::moment(const std::string& column, const std::string& seconds) const {
  if (type(column) == "timestamp with time zone") return fmt::format("to_timestamp({})", seconds);
  return fmt::format("to_timestamp({}) AT TIME ZONE 'UTC'", seconds);
}

std::string Columns::equals(const std::string& column, const Columns& other, const std::string& other_column) const {
  const auto left = name(column), right = other.name(other_column);
  const auto left_type = type(column), right_type = other.type(other_column);
  if (left_type == right_type || (is_number(left_type) && is_number(right_type)) || (is_text(left_type) && is_text(right_type))) {
    return fmt::format("{} = {}", left, right);
  }
  if (is_text(left_type)) return fmt::format("{} = {}::text", left, right);
  if (left_type == "uuid" && is_text(right_type)) {
    return fmt::format(
        R"({} = CASE WHEN {}::text ~ '^[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$' THEN {}::text::uuid END)", left, right,
        right);
  }
  return fmt::format("{}::text = {}::text", left, right);
}

std::string Columns::among(const std::string& column, const std::vector<std::string>& keys, Parameters& parameters) const {
  const auto its_type = type(column);
  std::vector<std::string> fitting;
  std::ranges::copy_if(keys, std::back_inserter(fitting), [&](const std::string& key) { return can_hold(its_type, key); });
  return fmt::format("{} = ANY({}{})", name(column), parameters.text(array_literal(fitting)),
                     its_type.empty() ? "" : "::" + its_type + "[]");
}

}  // namespace gateway
