#include "datasets/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>

namespace gateway {

std::string read_cursors(const std::string& source, const std::vector<std::string>& names) {
  std::string sql;
  for (const auto& name : names) {
    sql += fmt::format("{}(SELECT value FROM cursor WHERE source = '{}' AND name = '{}') AS \"{}\"", sql.empty() ? "SELECT " : ", ", source,
                       name, name);
  }
  return sql;
}

Write write_cursor(const std::string& source, const std::string& name, Value value) {
  return {.table = "cursor",
          .mode = Mode::upsert,
          .columns = {"source", "name", "value"},
          .rows = {{source, name, std::move(value)}},
          .scope = {}};
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

std::vector<std::string> keys_of_type(const std::string& type, const std::vector<std::string>& keys) {
  std::vector<std::string> fitting;
  std::ranges::copy_if(keys, std::back_inserter(fitting), [&](const std::string& key) {
    if (type == "uuid") {
      return key.size() == 36 && std::ranges::all_of(key, [](unsigned char c) { return std::isxdigit(c) != 0 || c == '-'; }) &&
             std::ranges::count(key, '-') == 4;
    }
    if (type != "smallint" && type != "integer" && type != "bigint") return true;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
    return error == std::errc{} && end == key.data() + key.size();
  });
  return fitting;
}

}  // namespace gateway
