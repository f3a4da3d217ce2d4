#include "ask/sql_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "base/text.hpp"

namespace gateway {
namespace {

// The peer's message as one clean line of limited length.
std::string shown(std::string_view message) { return shortened(one_line(clean_utf8(shortened(trimmed(message), 4000))), 900); }

constexpr bool is_code(std::string_view word) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::all_of(word, [&](char c) { return digit(c) || (c >= 'A' && c <= 'Z'); }) && std::ranges::any_of(word, digit);
}

struct Coded {
  std::string_view sqlstate, message;
};

// "FATAL:  28P01: password ...": libpq puts the code between the severity, a colon and two blanks, and another colon. The
// words, the severity among them, are in the server's language. By hand, because a regular expression's stack grows with what
// a stranger sends.
std::optional<Coded> coded(std::string_view text) {
  constexpr std::size_t code = 5;
  constexpr std::string_view before = ":  ";
  for (auto begin = text.find(before); begin != std::string_view::npos; begin = text.find(before, begin)) {
    begin += before.size();
    const auto colon = begin + code;
    if (colon + 1 >= text.size() || text[colon] != ':' || text[colon + 1] != ' ' || !is_code(text.substr(begin, code))) continue;
    const auto rest = text.substr(colon + 2);
    return Coded{text.substr(begin, code), rest.substr(0, rest.find('\n'))};
  }
  return std::nullopt;
}

}  // namespace

Error sql_error(std::string_view sqlstate, std::string_view message) {
  const auto code = shortened(one_line(clean_utf8(shortened(sqlstate, 20))), 20);
  const auto text = fmt::format("{} ({})", shown(message), code);
  const auto is = [&](std::string_view prefix) { return sqlstate.starts_with(prefix); };
  // Of class 57 also: a database that was dropped, a session that was idle. They say nothing about new connections.
  if (is("57P01") || is("57P02") || is("57P03") || is("53300"))
    return {ErrorClass::refused, "PostgreSQL is not accepting connections: " + text};
  if (is("28") || is("42501")) return {ErrorClass::auth, text};
  if (is("57014") || is("55P03") || is("25P03")) return {ErrorClass::timeout, text};
  if (is("42P01") || is("42703")) return {ErrorClass::missing, text};
  // Data exceptions quote the value they failed on: the class must do.
  if (is("22") || is("23")) return {ErrorClass::sql, fmt::format("a value could not be converted ({})", code)};
  // Class 08 as well: a pooler that refuses is alive, whatever its message.
  return {ErrorClass::sql, text};
}

Error connection_error(std::string_view message, const std::string& host, const std::string& port) {
  const auto endpoint = host + ":" + port;
  const auto says = [&](std::initializer_list<std::string_view> any) {
    return std::ranges::any_of(any, [&](std::string_view words) { return message.find(words) != std::string_view::npos; });
  };
  if (const auto found = coded(message)) {
    auto error = sql_error(found->sqlstate, found->message);
    error.text = endpoint + ": " + error.text;
    return error;
  }
  auto line = shown(message);
  if (line.find(host) == std::string::npos) line = endpoint + ": " + line;
  const auto foreign = Error{ErrorClass::malformed, endpoint + ": not a valid PostgreSQL response"};
  // Before the words below: libpq's own complaints about foreign bytes have some of them too.
  if (says({"invalid response to SSL negotiation", "expected authentication request from server"})) return foreign;
  // Ours and not theirs: out of descriptors or of memory.
  if (says({"could not create socket", "Too many open files", "out of memory"})) return {ErrorClass::other, line};
  if (says({"Connection refused", "No such file or directory"})) return {ErrorClass::refused, line};
  // A connection that is lost while it is encrypted is lost, and no fault of its encryption.
  if (says({"closed the connection", "reset by peer", "Broken pipe", "SYSCALL error: EOF", "SSL connection has been closed"}))
    return {ErrorClass::closed, line};
  // libpq's own words about POSTGRES_TARGET_SESSION_ATTRS.
  if (says({"session is read-only", "session is not read-only", "server is in hot standby mode", "server is not in hot standby mode"}))
    return {ErrorClass::refused, line + "; not the kind of server that POSTGRES_TARGET_SESSION_ATTRS requires"};
  if (says({"channel binding"})) return {ErrorClass::auth, line};
  if (says({"timed out", "timeout"})) return {ErrorClass::timeout, line};
  if (says({"SSL", "certificate"})) return {ErrorClass::tls, line};
  if (says({"password", "authentication"})) return {ErrorClass::auth, line};
  if (says({"No route", "unreachable"})) return {ErrorClass::other, line};
  return foreign;
}

}  // namespace gateway
