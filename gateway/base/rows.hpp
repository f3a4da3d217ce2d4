// Rows: the data type shared by upstreams, mappings and the store.
// A Table is the result of a query (of PostgreSQL or of the store); a Batch is what a source wants to write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gateway {

// SQLite's own storage classes. monostate is NULL: "not available".
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Value>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

// Accessors of a Value. They never throw: a value of another type is "not available".
std::optional<std::int64_t> integer(const Value& value);
std::optional<double> number(const Value& value);  // also of an integer
std::optional<std::string> text(const Value& value);
std::string text_of(const Value& value);  // any value as text; NULL is empty

template <typename T>
Value maybe(const std::optional<T>& value) {
  if (!value) return {};
  return Value{*value};
}
inline Value flag(bool value) { return std::int64_t{value ? 1 : 0}; }

struct Table {
  std::vector<std::string> columns;
  std::vector<Row> rows;

  // Index of a column; an unknown name is a programming error and throws std::out_of_range.
  std::size_t column(std::string_view name) const;
  const Value& at(std::size_t row, std::string_view name) const { return rows.at(row).at(column(name)); }
  bool empty() const { return rows.empty(); }
};

enum class Mode {
  upsert,   // rows are added, or update the row with the same primary key
  replace,  // the same, and other rows of the scope are deleted
  erase,    // rows are keys: rows with these values in the write's columns are deleted
};

struct Write {
  std::string table;
  Mode mode = Mode::upsert;
  std::vector<std::string> columns;
  std::vector<Row> rows;
  // For replace: only rows with these values are affected (empty: the whole table).
  std::vector<std::pair<std::string, Value>> scope;
};

struct Batch {
  std::vector<Write> writes;
  std::int64_t rows = 0;   // how many rows the upstream answered
  bool more = false;       // there is more to ask at once: a first fill, a burst larger than a chunk
  bool answered = true;    // false: what is held keeps its age: only how to ask was learnt, or not all came yet
  std::int64_t age_s = 0;  // of the oldest of the rows, where they were gathered over several attempts
  std::string note = {};   // what an operator should know about them; empty: nothing
};

}  // namespace gateway
