// What a database must have before a dataset is asked for: absent is `missing`, forbidden is `auth`, and the latter first,
// because somebody can mend it.
#include "datasets/catalogue.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Access = Catalogue::Access;

const Catalogue some{.tables = {{"orders", {{"id", Access::readable}, {"status", Access::readable}, {"fees", Access::forbidden}}}}};

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

TEST(ColumnOrNull, names_the_column_only_where_it_can_be_read) {
  EXPECT_EQ(column_or_null(some, "orders", "status", "text"), "status");
  EXPECT_EQ(column_or_null(some, "orders", "rejection_reason", "text"), "NULL::text");
  EXPECT_EQ(column_or_null(some, "orders", "fees", "numeric"), "NULL::numeric");
}

}  // namespace
}  // namespace gateway
