// SQLSTATE to our classes: what a server says of itself is an observation, what it says of a statement is not.
#include <gtest/gtest.h>

#include "postgres.hpp"

namespace gateway {
namespace {

struct Case {
  const char* sqlstate;
  ErrorClass kind;
  Means means;
};

class SqlError : public ::testing::TestWithParam<Case> {};

TEST_P(SqlError, is_classified) {
  const auto error = sql_error(GetParam().sqlstate, "what the server said\n");
  EXPECT_EQ(to_string(error.kind), to_string(GetParam().kind));
  EXPECT_EQ(to_string(error.means), to_string(GetParam().means));
  EXPECT_NE(error.text.find(GetParam().sqlstate), std::string::npos);
  EXPECT_EQ(error.text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(States, SqlError,
                         ::testing::Values(Case{"57P03", ErrorClass::refused, Means::unhealthy},  // starting up
                                           Case{"57P01", ErrorClass::refused, Means::unhealthy},  // shutting down
                                           Case{"53300", ErrorClass::refused, Means::unhealthy},  // out of connections
                                           Case{"28P01", ErrorClass::auth, Means::nothing},       // wrong password
                                           Case{"28000", ErrorClass::auth, Means::nothing},
                                           Case{"42501", ErrorClass::auth, Means::nothing},     // permission denied
                                           Case{"57014", ErrorClass::timeout, Means::nothing},  // statement_timeout
                                           Case{"55P03", ErrorClass::timeout, Means::nothing},  // lock_timeout
                                           Case{"42P01", ErrorClass::missing, Means::nothing},  // no such table
                                           Case{"42703", ErrorClass::missing, Means::nothing},  // no such column
                                           Case{"08006", ErrorClass::closed, Means::unhealthy},
                                           Case{"22P02", ErrorClass::sql, Means::nothing}, Case{"42601", ErrorClass::sql, Means::nothing}),
                         [](const auto& state) { return std::string(state.param.sqlstate); });

TEST(SqlErrorText, data_exceptions_do_not_show_the_value) {
  const auto error = sql_error("22P02", "invalid input syntax for type numeric: \"secret\"");
  EXPECT_EQ(error.text.find("secret"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace gateway
