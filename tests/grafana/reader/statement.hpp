// A query as text: what it reads from, and which `$` it contains. No parser of SQL, only enough of one for our own queries.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace grafana {

// The same length, with what stands in quotes and comments blanked; references to variables inside quotes too.
std::string without_texts(std::string_view sql);

// Names after FROM and JOIN and after commas between them, less those that WITH defines; functions are not among them.
std::set<std::string> read_from(std::string_view sql);

struct SchemaNames {
  std::set<std::string> tables, views;
};
// Of the schema that the gateway compiles in.
const SchemaNames& schema_names();

}  // namespace grafana
