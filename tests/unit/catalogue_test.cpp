// What a database must have before a dataset is asked for: absent is `missing`, forbidden is `auth`, and the latter first,
// because somebody can mend it.
#include "datasets/catalogue.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Access = Catalogue::Access;

const Catalogue some{.tables = {{"orders", {{"id", Access::readable}, {"status", Access::readable}, {"fees", Access::forbidden}}}},
                     .refused = {}};

TEST(Lacking, finds_nothing_wrong_when_all_is_there) { EXPECT_EQ(missing_columns(some, "orders", {"id", "status"}), std::nullopt); }

TEST(Lacking, an_absent_table_is_missing_and_named) {
  const auto error = missing_columns(some, "signals", {"id"});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::missing);
  EXPECT_NE(error->text.find("signals"), std::string::npos);
}

TEST(Lacking, absent_columns_are_missing_and_all_named) {
  const auto error = missing_columns(some, "orders", {"id", "trace_id", "asset"});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::missing);
  EXPECT_NE(error->text.find("trace_id"), std::string::npos);
  EXPECT_NE(error->text.find("asset"), std::string::npos);
}

TEST(Lacking, a_forbidden_column_is_a_matter_of_rights_even_beside_an_absent_one) {
  const auto error = missing_columns(some, "orders", {"trace_id", "fees"});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::auth);
  EXPECT_NE(error->text.find("fees"), std::string::npos);
}

TEST(Forbidden, minds_only_what_is_there_and_may_not_be_read) {
  EXPECT_EQ(forbidden(some, "signals", {"id"}), std::nullopt);
  EXPECT_EQ(forbidden(some, "orders", {"id", "trace_id"}), std::nullopt);
  ASSERT_TRUE(forbidden(some, "orders", {"fees"}).has_value());
}

TEST(Lacking, a_table_that_is_there_and_refused_is_a_matter_of_rights_and_says_why) {
  Catalogue catalogue;
  catalogue.refused["orders"] = "orders is in the schema trading, which is not on the search path";
  const auto error = missing_columns(catalogue, "orders", {"id"});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::auth);
  EXPECT_NE(error->text.find("search path"), std::string::npos);
  EXPECT_FALSE(is_absent(catalogue, "orders"));
  EXPECT_TRUE(is_absent(catalogue, "signals"));
}

const Catalogue typed{.tables = {{"t",
                                  {{"uuid", {Access::readable, "uuid"}},
                                   {"number", {Access::readable, "numeric"}},
                                   {"words", {Access::readable, "character varying"}},
                                   {"secret", {Access::forbidden, "numeric"}},
                                   {"at", {Access::readable, "timestamp with time zone"}},
                                   {"unknown", Access::readable}}}},
                      .refused = {}};

TEST(UnsuitableColumns, names_table_column_and_type) {
  const auto error = unsuitable_columns(typed, "t", {{"number", As::number}, {"uuid", As::number}});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::sql);
  EXPECT_EQ(error->text, "t.uuid is of type uuid: expected a number");
}

TEST(UnsuitableColumns, minds_no_type_that_serves_or_is_not_known) {
  EXPECT_EQ(unsuitable_columns(typed, "t", {{"uuid", As::text}, {"words", As::number}, {"words", As::flag}, {"at", As::time}}),
            std::nullopt);
  EXPECT_EQ(unsuitable_columns(typed, "t", {{"unknown", As::json}, {"absent", As::json}}), std::nullopt);
}

TEST(ColumnsOfATable, give_null_of_the_promised_type_for_what_cannot_be_had) {
  const Columns columns(typed, "t", "x");
  EXPECT_EQ(columns.number("number"), "x.number");
  EXPECT_EQ(columns.number("secret"), "NULL::numeric");
  EXPECT_EQ(columns.number("absent"), "NULL::numeric");
  EXPECT_EQ(columns.number("uuid"), "NULL::numeric");
  EXPECT_EQ(columns.text("uuid"), "x.uuid::text");
  EXPECT_EQ(columns.flag("at"), "NULL::boolean");
  EXPECT_EQ(columns.json_number("words", "pnl"), "NULL::numeric");
}

TEST(ColumnsOfATable, compare_in_the_columns_own_type) {
  const Columns columns(typed, "t");
  EXPECT_EQ(type_of(typed, "t", "uuid"), "uuid");
  EXPECT_EQ(columns.moment("at", "$1::float8"), "to_timestamp($1::float8)");
  EXPECT_EQ(columns.moment("unknown", "$1::float8"), "to_timestamp($1::float8) AT TIME ZONE 'UTC'");
}

}  // namespace
}  // namespace gateway
