// What the database must have, and let us read, before a dataset is asked for: absent is `missing`, forbidden is `auth`.
// And SQL for columns whose types differ from deployment to deployment: an enum for a text, text for a uuid, money for a
// number. Pure functions of the catalogue, without side effects; names are our own constants and are not quoted.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source.hpp"

namespace gateway {

std::optional<Error> missing_columns(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns);

// The same for what a dataset can do without: where it is absent there is a fallback, forbidden is a fault all the same.
std::optional<Error> forbidden(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns);

// There is no such table at all; one that we may not read, or cannot reach, is there.
bool is_absent(const Catalogue& catalogue, const std::string& table);

// As SQL names it, for casts of parameters, which keep the column's index in use. Empty: not known.
std::string type_of(const Catalogue& catalogue, const std::string& table, const std::string& column);

// What a dataset wants a column for.
enum class As { text, number, flag, time, json };

// For essential columns: one whose type cannot serve is an error that names table, column and type. Absent ones pass.
std::optional<Error> unsuitable_columns(const Catalogue& catalogue, const std::string& table,
                                        const std::vector<std::pair<std::string, As>>& columns);

// Values of a statement's parameters, gathered while its text is made.
class Parameters {
 public:
  std::string text(std::string value);  // `$n`
  std::string seconds(double value);    // `$n::float8`
  std::vector<std::optional<std::string>> take() { return std::move(values_); }

 private:
  std::vector<std::optional<std::string>> values_;
};

// The columns of one table as SQL expressions. A column that is absent, forbidden or of a type that cannot serve is NULL of
// the type that is promised, so that an optional column costs itself only. A value that is no number or no flag is NULL.
class Columns {
 public:
  // `alias`: what the statement calls the table, empty for none. `catalogue` must outlive this object.
  Columns(const Catalogue& catalogue, std::string table, std::string alias = {})
      : catalogue_(catalogue), table_(std::move(table)), alias_(std::move(alias)) {}

  std::string text(const std::string& column) const;    // text, of any type
  std::string number(const std::string& column) const;  // numeric or a float: of numbers, money, intervals (seconds), text
  std::string whole(const std::string& column) const;   // the same as a bigint, without what is behind the point
  std::string flag(const std::string& column) const;    // boolean: of booleans, numbers (not 0), text (t, true, yes, on, 1, ...)
  std::string time(const std::string& column) const;    // unix seconds: of timestamps with and without zone, and dates
  // One member of a json or jsonb object, if it is a text or a number.
  std::string json_text(const std::string& column, const std::string& key) const;
  std::string json_number(const std::string& column, const std::string& key) const;

  // The time of `seconds` (SQL: unix seconds, such as `$1::float8`), to compare a time column with: its index serves.
  std::string moment(const std::string& column, const std::string& seconds) const;
  // This column equals another table's, whatever the types of the two are; the index of this one serves.
  std::string equals(const std::string& column, const Columns& other, const std::string& other_column) const;
  // This column is one of the keys, by its index; those that its type cannot hold are none of its rows.
  std::string among(const std::string& column, const std::vector<std::string>& keys, Parameters& parameters) const;

 private:
  std::string name(const std::string& column) const;  // with the alias
  std::string type(const std::string& column) const { return type_of(catalogue_, table_, column); }
  bool serves(const std::string& column, As as) const;  // is there, may be read, and is of a type that fits
  std::string json(const std::string& column, const std::string& key, const char* kind, const char* cast) const;

  const Catalogue& catalogue_;
  std::string table_, alias_;
};

}  // namespace gateway
