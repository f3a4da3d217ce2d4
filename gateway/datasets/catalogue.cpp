#include "datasets/catalogue.hpp"

#include <fmt/format.h>

namespace gateway {

std::optional<Error> missing_columns(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns) {
  const auto found = catalogue.tables.find(table);
  if (found == catalogue.tables.end()) {
    return Error{ErrorClass::missing, fmt::format("there is no table {}; apply the trading system's migrations", table)};
  }
  std::vector<std::string> absent, forbidden;
  for (const auto& column : columns) {
    const auto access = found->second.find(column);
    if (access == found->second.end()) absent.push_back(column);
    else if (access->second == Catalogue::Access::forbidden) forbidden.push_back(column);
  }
  // Forbidden first: it is a fault that somebody can mend, while an old deployment is none.
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

std::string column_or_null(const Catalogue& catalogue, const std::string& table, const std::string& column, const std::string& type) {
  if (!missing_columns(catalogue, table, {column})) return column;
  return "NULL::" + type;
}

}  // namespace gateway
