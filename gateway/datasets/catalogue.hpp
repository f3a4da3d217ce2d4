// What the database must have, and let us read, before a dataset is asked for: absent is `missing`, forbidden is `auth`.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

std::optional<Error> missing_columns(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns);

// The same for what a dataset can do without: where it is absent there is a fallback, forbidden is a fault all the same.
std::optional<Error> forbidden(const Catalogue& catalogue, const std::string& table, const std::vector<std::string>& columns);

// A column of a later migration: its name where it can be read, else a NULL of the type.
std::string column_or_null(const Catalogue& catalogue, const std::string& table, const std::string& column, const std::string& type);

}  // namespace gateway
