// What can go wrong between us and an upstream, in the words that operators see.
// An Error is a value: it is returned, never thrown, and logged in one place only (the scheduler).
// Its text names the place and the remedy; it never contains a body, a row or a secret.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace gateway {

enum class ErrorClass { dns, refused, closed, timeout, tls, auth, http, malformed, too_large, sql, missing, other };

// What a failed attempt says about the health of whom we asked (docs/verdicts.md, "Health of a service").
enum class HealthImplication {
  nothing,      // no observation: the last one stands until it is stale
  unhealthy,    // the failure is itself an observation
  no_endpoint,  // there is no such thing to ask: unknown at once
};

struct Error {
  ErrorClass kind = ErrorClass::other;
  std::string text;
  HealthImplication implication = HealthImplication::nothing;
};

template <typename T>
using Result = std::expected<T, Error>;

constexpr std::string_view to_string(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::dns: return "dns";
    case ErrorClass::refused: return "refused";
    case ErrorClass::closed: return "closed";
    case ErrorClass::timeout: return "timeout";
    case ErrorClass::tls: return "tls";
    case ErrorClass::auth: return "auth";
    case ErrorClass::http: return "http";
    case ErrorClass::malformed: return "malformed";
    case ErrorClass::too_large: return "too_large";
    case ErrorClass::sql: return "sql";
    case ErrorClass::missing: return "missing";
    case ErrorClass::other: break;
  }
  return "other";
}

constexpr std::string_view to_string(HealthImplication implication) {
  switch (implication) {
    case HealthImplication::unhealthy: return "unhealthy";
    case HealthImplication::no_endpoint: return "no_endpoint";
    case HealthImplication::nothing: break;
  }
  return "nothing";
}

inline std::unexpected<Error> failure(ErrorClass kind, std::string text, HealthImplication implication = HealthImplication::nothing) {
  return std::unexpected(Error{kind, std::move(text), implication});
}

}  // namespace gateway
