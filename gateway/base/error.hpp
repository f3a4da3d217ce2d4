// Failures of attempts at an upstream, in the words that operators see.
// An Error is a value: it is returned, never thrown, and logged in one place only (the scheduler).
// Its text states where it occurred and what to do; it never contains a body, a row or a secret.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace gateway {

// `resolver` is shown as dns, and `server_error` as http: operators need no finer distinction, but the health of the peer differs.
enum class ErrorClass {
  dns,       // the resolver answered: there is no such name
  resolver,  // the resolver did not answer
  refused,
  closed,
  timeout,
  tls,
  auth,
  http,
  server_error,  // HTTP 5xx
  malformed,
  too_large,
  sql,
  missing,
  other
};

// What a failed attempt says about the health of the peer (docs/verdicts.md, "Health of a service").
enum class HealthImplication {
  nothing,      // no observation: the last one stands until it is stale
  unhealthy,    // the failure is itself an observation
  no_endpoint,  // the peer is alive and has no such endpoint: unknown at once
};

// The only function that decides it, from the class alone.
constexpr HealthImplication implication(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::dns:
    case ErrorClass::refused:
    case ErrorClass::closed:
    case ErrorClass::server_error: return HealthImplication::unhealthy;
    case ErrorClass::missing: return HealthImplication::no_endpoint;
    case ErrorClass::resolver:
    case ErrorClass::timeout:
    case ErrorClass::tls:
    case ErrorClass::auth:
    case ErrorClass::http:
    case ErrorClass::malformed:
    case ErrorClass::too_large:
    case ErrorClass::sql:
    case ErrorClass::other: break;
  }
  return HealthImplication::nothing;
}

struct Error {
  ErrorClass kind = ErrorClass::other;
  std::string text;
};

template <typename T>
using Result = std::expected<T, Error>;

constexpr std::string_view to_string(ErrorClass kind) {
  switch (kind) {
    case ErrorClass::dns:
    case ErrorClass::resolver: return "dns";
    case ErrorClass::refused: return "refused";
    case ErrorClass::closed: return "closed";
    case ErrorClass::timeout: return "timeout";
    case ErrorClass::tls: return "tls";
    case ErrorClass::auth: return "auth";
    case ErrorClass::http:
    case ErrorClass::server_error: return "http";
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

inline std::unexpected<Error> failure(ErrorClass kind, std::string text) { return std::unexpected(Error{kind, std::move(text)}); }

}  // namespace gateway
