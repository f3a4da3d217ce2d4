// SQLSTATE to our classes: what a server says of itself is an observation, what it says of a statement is not.
#include <gtest/gtest.h>

#include "ask/sql_error.hpp"

namespace gateway {
namespace {

struct Case {
  const char* sqlstate;
  ErrorClass kind;
};

class SqlError : public ::testing::TestWithParam<Case> {};

TEST_P(SqlError, is_classified) {
  const auto error = sql_error(GetParam().sqlstate, "what the server said\n");
  EXPECT_EQ(to_string(error.kind), to_string(GetParam().kind));
  EXPECT_NE(error.text.find(GetParam().sqlstate), std::string::npos);
  EXPECT_EQ(error.text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(States, SqlError,
                         ::testing::Values(Case{"57P03", ErrorClass::refused},                                // starting up
                                           Case{"57P01", ErrorClass::refused},                                // shutting down
                                           Case{"53300", ErrorClass::refused},                                // out of connections
                                           Case{"28P01", ErrorClass::auth},                                   // wrong password
                                           Case{"28000", ErrorClass::auth}, Case{"42501", ErrorClass::auth},  // permission denied
                                           Case{"57014", ErrorClass::timeout},                                // statement_timeout
                                           Case{"55P03", ErrorClass::timeout},                                // lock_timeout
                                           Case{"42P01", ErrorClass::missing},                                // no such table
                                           Case{"42703", ErrorClass::missing},                                // no such column
                                           Case{"08006", ErrorClass::sql}, Case{"08P01", ErrorClass::sql}, Case{"57P05", ErrorClass::sql},
                                           Case{"22P02", ErrorClass::sql}, Case{"42601", ErrorClass::sql}),
                         [](const auto& state) { return std::string(state.param.sqlstate); });

TEST(Implication, follows_from_the_class) {
  using enum ErrorClass;
  for (const auto kind : {dns, refused, closed, server_error})
    EXPECT_EQ(implication(kind), HealthImplication::unhealthy) << to_string(kind);
  EXPECT_EQ(implication(missing), HealthImplication::no_endpoint);
  for (const auto kind : {resolver, timeout, tls, auth, http, malformed, too_large, sql, other}) {
    EXPECT_EQ(implication(kind), HealthImplication::nothing) << to_string(kind);
  }
}

TEST(SqlErrorText, data_exceptions_do_not_show_the_value) {
  const auto error = sql_error("22P02", "invalid input syntax for type numeric: \"secret\"");
  EXPECT_EQ(error.text.find("secret"), std::string::npos) << error.text;
}

// libpq 15's words, as they come.
struct Words {
  const char* name;
  const char* message;
  ErrorClass kind;
};

class ConnectionError : public ::testing::TestWithParam<Words> {};

TEST_P(ConnectionError, is_classified) {
  const auto error = connection_error(GetParam().message, "postgres", "5432");
  EXPECT_EQ(to_string(error.kind), to_string(GetParam().kind)) << error.text;
  EXPECT_NE(error.text.find("postgres"), std::string::npos) << error.text;
  EXPECT_EQ(error.text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Libpq, ConnectionError,
    ::testing::Values(
        Words{"Password",
              "connection to server at \"postgres\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password authentication failed for user "
              "\"monitor\"\nLOCATION:  auth_failed, auth.c:335\n",
              ErrorClass::auth},
        Words{"PasswordInGerman",
              "Verbindung zum Server auf »postgres«, Port 5432 fehlgeschlagen: FATAL:  28P01: Passwort-Authentifizierung fehlgeschlagen\n",
              ErrorClass::auth},
        Words{"StartingUp", "connection to server at \"postgres\" failed: FATAL:  57P03: the database system is starting up\n",
              ErrorClass::refused},
        Words{"StartingUpInKorean", "connection to server at \"postgres\" failed: 치명적오류:  57P03: 데이터베이스 시스템이 새로 가동 중\n",
              ErrorClass::refused},
        Words{"FullInRussian", "connection to server at \"postgres\" failed: ВАЖНО:  53300: извините, уже слишком много клиентов\n",
              ErrorClass::refused},
        Words{"PasswordInUkrainian", "connection to server at \"postgres\" failed: ФАТАЛЬНО:  28P01: помилка автентифікації\n",
              ErrorClass::auth},
        Words{"PoolerRefuses", "connection to server at \"postgres\" failed: FATAL:  08P01: unsupported startup parameter: options\n",
              ErrorClass::sql},
        Words{"StandbyInsteadOfPrimary", "connection to server at \"postgres\" failed: server is in hot standby mode\n",
              ErrorClass::refused},
        Words{"ChannelBinding",
              "connection to server at \"postgres\" failed: channel binding is required, but server did not offer an authentication method "
              "that supports channel binding\n",
              ErrorClass::auth},
        Words{"NoCode", "connection to server at \"postgres\" failed: FATAL:  the DATABASE: it fails\n", ErrorClass::malformed},
        Words{"Refused",
              "connection to server at \"postgres\" (10.0.0.1), port 5432 failed: Connection refused\n\tIs the server running?\n",
              ErrorClass::refused},
        Words{"LostWhileEncrypted", "SSL SYSCALL error: EOF detected\n", ErrorClass::closed},
        Words{"ResetWhileEncrypted", "SSL SYSCALL error: Connection reset by peer\n", ErrorClass::closed},
        Words{"EndedWhileEncrypted", "SSL connection has been closed unexpectedly\n", ErrorClass::closed},
        Words{"Lost", "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n",
              ErrorClass::closed},
        Words{"Certificate", "connection to server at \"postgres\" failed: SSL error: certificate verify failed\n", ErrorClass::tls},
        Words{"NoTls", "connection to server at \"postgres\" failed: server does not support SSL, but SSL was required\n", ErrorClass::tls},
        Words{"NoRoute", "connection to server at \"postgres\" failed: No route to host\n", ErrorClass::other},
        Words{"OutOfDescriptors", "could not create socket: Too many open files\n", ErrorClass::other}),
    [](const auto& words) { return std::string(words.param.name); });

TEST(SqlErrorText, of_any_length_becomes_one_short_line) {
  const std::string words(3 << 20, 'x'), blanks(3 << 20, ' '), codes = [] {
    std::string text;
    while (text.size() < 3 << 20) text += "AB12: ";
    return text;
  }();
  for (const auto& long_one : {words, blanks, codes}) {
    for (const auto& message : {long_one, "FATAL:  28P01: " + long_one, long_one + " FATAL:  28P01: no"}) {
      EXPECT_LT(connection_error(message, "postgres", "5432").text.size(), 1200U);
      EXPECT_LT(sql_error(message, message).text.size(), 1200U);
    }
  }
}

}  // namespace
}  // namespace gateway
