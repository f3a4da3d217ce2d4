#include "contract_catalogue.hpp"

#include <regex>
#include <sstream>
#include <stdexcept>

#include "support.hpp"

namespace gateway {
namespace {

// A column stands on a line of its own, either within CREATE TABLE or added later; what begins in capitals is a constraint.
Catalogue with(Catalogue::Access access) {
  static const std::regex create(R"(CREATE TABLE IF NOT EXISTS (\w+) \()"), column(R"( {4}([a-z_]+) +.*)"),
      add(R"(ALTER TABLE (\w+) ADD COLUMN IF NOT EXISTS (\w+) .*)");
  Catalogue catalogue;
  std::istringstream schema(read_file(CONTRACT));
  std::string table;
  for (std::string line; std::getline(schema, line);) {
    std::smatch found;
    if (std::regex_match(line, found, create)) table = found[1];
    else if (line == ");") table.clear();
    else if (!table.empty() && std::regex_match(line, found, column)) catalogue.tables[table][found[1]] = access;
    else if (std::regex_match(line, found, add)) catalogue.tables[found[1]][found[2]] = access;
  }
  if (catalogue.tables.empty()) throw std::runtime_error("no table in " CONTRACT);
  return catalogue;
}

}  // namespace

const Catalogue& contract_catalogue() {
  static const auto all = with(Catalogue::Access::readable);
  return all;
}

const Catalogue& forbidden_catalogue() {
  static const auto all = with(Catalogue::Access::forbidden);
  return all;
}

}  // namespace gateway
