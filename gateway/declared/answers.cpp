// What a dataset asks, and the rows in the answers.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "datasets/catalogue.hpp"
#include "declared/expression.hpp"
#include "declared/pointer.hpp"
#include "declared/source.hpp"
#include "declared/value.hpp"

namespace gateway {
namespace {

using Type = DeclaredColumn::Type;

std::unexpected<Error> no_value(const Declared& d, std::size_t row, const DeclaredColumn& column, const std::string& why) {
  const auto place = d.key.empty() ? column.name : fmt::format("row {}, {}", row + 1, column.name);
  return failure(ErrorClass::malformed, fmt::format("{}: {}", place, why));
}

// Converted as the column says, or the reason.
Result<Value> checked(const Declared& d, std::size_t row, const DeclaredColumn& column, Converted value) {
  if (!value) return no_value(d, row, column, value.error());
  const bool in_key = std::ranges::find(d.key, column.name) != d.key.end();
  if (is_null(*value) && (in_key || column.required))
    return no_value(d, row, column, in_key ? "NULL in the key" : "required, and there is none");
  return std::move(*value);
}

// As text, so that the same rules read it, and no longer than it may be. Times in ISO's form whatever the session's own is.
std::string as_text(const Declared& d, const DeclaredColumn& column) {
  const auto name = "q." + quoted_name(d.table.empty() ? column.name : column.from);
  if (column.type == Type::time) return "to_json(" + name + ") #>> '{}'";
  if (column.type == Type::text || column.type == Type::json)
    return fmt::format("left({}::text, {})", name, column.cut.value_or(d.longest_text) + 1);
  return name + "::text";
}

std::optional<Error> fault_of_table(const Declared& d, const Catalogue& catalogue) {
  std::vector<std::string> needed;
  for (const auto& column : d.columns) {
    if (!column.optional) needed.push_back(column.from);
  }
  auto error = missing_columns(catalogue, d.table, needed);
  // These words are for the trading system's tables: this one is somebody else's.
  if (error && error->kind == ErrorClass::missing) {
    error->text = is_absent(catalogue, d.table) ? fmt::format("there is no table {}", d.table)
                                                : error->text.substr(0, error->text.find(';')) + " (renamed?)";
  }
  if (error && error->kind == ErrorClass::auth && d.upstream != "postgres")
    error->text = error->text.substr(0, error->text.find(';')) + "; cache-gateway grants prints the GRANT statement";
  return error;
}

std::optional<Error> fault_of_status(const HttpAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return std::nullopt;
  const auto text = "HTTP " + std::to_string(answer.status);
  if (answer.status == 401) return Error{ErrorClass::auth, text + ": the service refuses the credentials"};
  if (answer.status == 403) return Error{ErrorClass::auth, text + ": the service knows these credentials, and they may not read this"};
  if (answer.status == 404) return Error{ErrorClass::missing, text + ": no such path"};
  return Error{answer.status >= 500 ? ErrorClass::server_error : ErrorClass::http, text};
}

// A column that no row of an answer has was renamed; NULL is another thing.
std::optional<Error> fault_of_members(const Declared& d, const std::vector<const Json*>& found) {
  if (found.empty()) return std::nullopt;
  for (const auto& column : d.columns) {
    if (column.optional) continue;
    if (std::ranges::none_of(found, [&](const Json* row) { return find_one(*row, column.from) != nullptr; }))
      return Error{ErrorClass::missing, fmt::format("{} {} (renamed?)", d.rows.empty() ? "the answer has no" : "no row has", column.from)};
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> selected_columns(const Declared& d, const Catalogue& catalogue) {
  const bool in_catalogue = !d.table.empty() && d.table.find('.') == std::string::npos;
  if (in_catalogue) {
    if (auto error = fault_of_table(d, catalogue)) return std::unexpected(std::move(*error));
  }
  for (const auto& table : d.reads) {
    if (const auto refused = catalogue.refused.find(table); refused != catalogue.refused.end())
      return failure(ErrorClass::auth, refused->second);
  }
  std::string columns;
  for (const auto& column : d.columns) {
    const bool absent = in_catalogue && column.optional && missing_columns(catalogue, d.table, {column.from});
    columns += (columns.empty() ? "" : ", ") + (absent ? "NULL::text" : as_text(d, column)) + " AS " + quoted_name(column.name);
  }
  return columns;
}

Result<SqlRequest> statement_of(const Declared& d, const Catalogue& catalogue) {
  const auto columns = selected_columns(d, catalogue);
  if (!columns) return std::unexpected(columns.error());
  // The line breaks end a comment in what the file gives.
  const auto from = d.table.empty() ? "(\n" + d.sql + "\n)" : quoted_table(d.table);
  auto sql = "SELECT " + *columns + " FROM " + from + " AS q";
  if (!d.where.empty()) sql += " WHERE (\n" + d.where + "\n)";
  if (!d.table.empty() && !d.keep_by.empty()) sql += " ORDER BY q." + quoted_name(d.column(d.keep_by)->from) + " DESC NULLS LAST";
  const auto most = !d.table.empty() && d.keep_newest > 0 ? std::min(d.keep_newest, d.most_rows + 1) : d.most_rows + 1;
  return SqlRequest{.sql = fmt::format("{} LIMIT {}", sql, most), .parameters = {}, .name = d.name};
}

Result<std::vector<Row>> rows_of(const Declared& d, const Table& answer) {
  std::vector<Row> rows;
  std::int64_t bytes = 0;
  for (std::size_t n = 0; n < answer.rows.size(); ++n) {
    Row row;
    for (std::size_t c = 0; c < d.columns.size(); ++c) {
      const auto& column = d.columns[c];
      const auto given = text(answer.rows[n].at(c));
      bytes += static_cast<std::int64_t>(given ? given->size() : 0);
      auto value = checked(d, n, column, given ? value_of_text(column, *given, d.longest_text) : Converted(Value{}));
      if (!value) return std::unexpected(value.error());
      row.push_back(std::move(*value));
    }
    rows.push_back(std::move(row));
  }
  if (bytes > d.most_bytes)
    return failure(ErrorClass::too_large, fmt::format("{:.1f} MiB, at most {:.1f} (bounds.bytes)", static_cast<double>(bytes) / 1048576,
                                                      static_cast<double>(d.most_bytes) / 1048576));
  return rows;
}

Result<std::vector<Row>> rows_of(const Declared& d, const HttpAnswer& answer) {
  const auto what = "GET " + d.get.substr(0, d.get.find('?'));
  const auto at = [&](Error error) { return std::unexpected(Error{error.kind, fmt::format("{}: {}", what, error.text)}); };
  if (auto error = fault_of_status(answer)) return at(std::move(*error));
  const auto document = parse_json(answer.body, what);
  if (!document) return std::unexpected(document.error());
  const auto holder = d.rows.ends_with("/*") ? d.rows.substr(0, d.rows.size() - 2) : d.rows;
  const auto held = find_all(*document, holder);
  if (held.empty() && holder.find('*') == std::string::npos) return at({ErrorClass::malformed, holder + ": nothing there"});
  if (holder != d.rows && !held.empty() && std::ranges::none_of(held, [](const Json* json) { return json->is_structured(); }))
    return at(
        {ErrorClass::malformed, (holder.empty() ? "the document" : holder) + ": expected an array, got " + held.front()->type_name()});
  const auto found = find_all(*document, d.rows);
  if (std::ssize(found) > d.most_rows)
    return at({ErrorClass::too_large, fmt::format("{} rows, at most {} (bounds.rows)", found.size(), d.most_rows)});
  if (auto error = fault_of_members(d, found)) return at(std::move(*error));
  std::vector<Row> rows;
  for (std::size_t n = 0; n < found.size(); ++n) {
    if (!found[n]->is_structured())
      return at({ErrorClass::malformed, fmt::format("row {}: expected an object, got {}", n + 1, found[n]->type_name())});
    Row row;
    for (const auto& column : d.columns) {
      auto value = checked(d, n, column, value_of_json(column, find_one(*found[n], column.from), d.longest_text));
      if (!value) return at(value.error());
      row.push_back(std::move(*value));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace gateway
