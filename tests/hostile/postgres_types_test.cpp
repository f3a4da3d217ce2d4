// What a deployment may have made of a column's type: the SQL that reads it is tried on a real server, value by value.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "datasets/catalogue.hpp"
#include "postgres_settings.hpp"

namespace hostile {
namespace {

using namespace gateway;

class PostgresTypes : public ::testing::Test {
 protected:
  PostgresTypes() { server.reset(); }

  // The catalogue's entry for a column `c` of that type, and what an expression over it gives for one value.
  std::string value(const std::string& type, const std::string& literal, std::string (Columns::*expression)(const std::string&) const,
                    const std::string& known_as = {}) {
    Catalogue catalogue;
    catalogue.tables["t"]["c"] = {Catalogue::Access::readable, known_as.empty() ? type : known_as};
    const Columns columns(catalogue, "t", "t");
    return server.sql(fmt::format("SELECT {} FROM (SELECT {}::{} AS c) t", (columns.*expression)("c"), literal, type));
  }

  PrivatePostgres& server = PrivatePostgres::instance();
};

TEST_F(PostgresTypes, NumbersComeFromAnyTypeThatHoldsThem) {
  EXPECT_EQ(value("numeric", "'1.50'", &Columns::number), "1.50");
  EXPECT_EQ(value("money", "'$1,234.50'", &Columns::number), "1234.50");
  EXPECT_EQ(value("interval", "'1 min'", &Columns::number), "60.000000");
  for (const auto& [text, number] : std::vector<std::pair<std::string, std::string>>{{"1.5", "1.5"},
                                                                                     {" -2e3 ", "-2000"},
                                                                                     {".5", "0.5"},
                                                                                     {"+7.", "7"},
                                                                                     {"n/a", "NULL"},
                                                                                     {"", "NULL"},
                                                                                     {"1e999999", "NULL"},
                                                                                     {"1,5", "NULL"},
                                                                                     {"1.5 USD", "NULL"},
                                                                                     {"NaN", "NULL"},
                                                                                     {".", "NULL"},
                                                                                     {"--1", "NULL"}}) {
    EXPECT_EQ(value("character varying", "'" + text + "'", &Columns::number), number) << text;
  }
}

TEST_F(PostgresTypes, FlagsComeFromNumbersAndWords) {
  EXPECT_EQ(value("boolean", "true", &Columns::flag), "t");
  EXPECT_EQ(value("smallint", "1", &Columns::flag), "t");
  EXPECT_EQ(value("numeric", "0", &Columns::flag), "f");
  EXPECT_EQ(value("text", "'Yes'", &Columns::flag), "t");
  EXPECT_EQ(value("character", "'f'", &Columns::flag), "f");
  EXPECT_EQ(value("text", "'perhaps'", &Columns::flag), "NULL");
}

TEST_F(PostgresTypes, TextComesFromAnyType) {
  server.sql("CREATE TYPE order_status AS ENUM ('filled', 'open')");
  EXPECT_EQ(value("order_status", "'filled'", &Columns::text), "filled");
  EXPECT_EQ(value("uuid", "'00000000-0000-4000-8000-000000000001'", &Columns::text), "00000000-0000-4000-8000-000000000001");
  EXPECT_EQ(value("bigint", "7", &Columns::text), "7");
}

TEST_F(PostgresTypes, TimesComeFromTimestampsAndDates) {
  EXPECT_EQ(value("timestamp with time zone", "'2025-01-01 01:00:00+01'", &Columns::time), "1735689600.000000");
  EXPECT_EQ(value("timestamp without time zone", "'2025-01-01'", &Columns::time), "1735689600.000000");
  EXPECT_EQ(value("date", "'2025-01-01'", &Columns::time), "1735689600");
  EXPECT_EQ(value("date", "'infinity'", &Columns::time), "NULL");
}

TEST_F(PostgresTypes, MembersOfJsonAndJsonb) {
  for (const std::string type : {"json", "jsonb"}) {
    Catalogue catalogue;
    catalogue.tables["t"]["c"] = {Catalogue::Access::readable, type};
    const Columns columns(catalogue, "t", "t");
    const auto member = [&](const std::string& expression, const std::string& document) {
      return server.sql(fmt::format("SELECT {} FROM (SELECT '{}'::{} AS c) t", expression, document, type));
    };
    EXPECT_EQ(member(columns.json_number("c", "pnl"), R"({"pnl": 1.5})"), "1.5");
    EXPECT_EQ(member(columns.json_number("c", "pnl"), R"({"pnl": "1.5"})"), "NULL");
    EXPECT_EQ(member(columns.json_number("c", "pnl"), "[]"), "NULL");
    EXPECT_EQ(member(columns.json_text("c", "why"), R"({"why": "so"})"), "so");
  }
}

TEST_F(PostgresTypes, KeysOfDifferentTypesAreCompared) {
  const std::string id = "00000000-0000-4000-8000-000000000001";
  const std::vector<std::string> types{"uuid", "text", "character varying"};
  for (const auto& left : types) {
    for (const auto& right : types) {
      Catalogue catalogue;
      catalogue.tables["a"]["id"] = {Catalogue::Access::readable, left};
      catalogue.tables["b"]["id"] = {Catalogue::Access::readable, right};
      const auto condition = Columns(catalogue, "a", "a").equals("id", Columns(catalogue, "b", "b"), "id");
      EXPECT_EQ(
          server.sql(fmt::format("SELECT {} FROM (SELECT '{}'::{} AS id) a, (SELECT '{}'::{} AS id) b", condition, id, left, id, right)),
          "t")
          << left << " " << right;
      if (right != "uuid") {
        EXPECT_EQ(server.sql(fmt::format("SELECT coalesce({}, false) FROM (SELECT '{}'::{} AS id) a, (SELECT 'unknown'::{} AS id) b",
                                         condition, id, left, right)),
                  "f")
            << left << " " << right;
      }
    }
  }
}

}  // namespace
}  // namespace hostile
