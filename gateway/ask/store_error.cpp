#include "ask/store_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gateway {
namespace {

struct Known {
  std::string_view code;
  ErrorClass kind;
  std::string_view meaning;
};

// An absent bucket or object is a fault here: it is there to be written, or read.
constexpr std::array known{
    Known{"SignatureDoesNotMatch", ErrorClass::auth, "the secret key does not match the access key"},
    Known{"InvalidAccessKeyId", ErrorClass::auth, "the store does not know the access key"},
    Known{"AccessDenied", ErrorClass::auth, "the access key may not do this"},
    Known{"ExpiredToken", ErrorClass::auth, "the access key has expired"},
    Known{"RequestTimeTooSkewed", ErrorClass::auth, "the clocks of this host and of the store differ too much"},
    Known{"AuthorizationHeaderMalformed", ErrorClass::auth, "the store does not accept the signature; is OBJECT_STORE_REGION right?"},
    Known{"NoSuchBucket", ErrorClass::http, "there is no such bucket"},
    Known{"NoSuchKey", ErrorClass::http, "there is no such object"},
    Known{"EntityTooLarge", ErrorClass::too_large, "the object is too large for the store"},
    Known{"QuotaExceeded", ErrorClass::http, "the store is full"},
    Known{"PermanentRedirect", ErrorClass::http, "the bucket is elsewhere; are OBJECT_STORE_REGION and OBJECT_STORE_ENDPOINT right?"},
    Known{"TemporaryRedirect", ErrorClass::http, "the bucket is elsewhere; are OBJECT_STORE_REGION and OBJECT_STORE_ENDPOINT right?"},
    Known{"XMinioStorageFull", ErrorClass::http, "the store is full"},
    Known{"OperationAborted", ErrorClass::http, "the store is busy with another request for the same object"},
    Known{"SlowDown", ErrorClass::server_error, "too many requests"},
    Known{"SlowDownRead", ErrorClass::server_error, "too many requests"},
    Known{"SlowDownWrite", ErrorClass::server_error, "too many requests"},
    Known{"InternalError", ErrorClass::server_error, "the store has failed"},
    Known{"ServiceUnavailable", ErrorClass::server_error, "the store is overloaded"}};

std::string_view code_of(std::string_view body) {
  constexpr std::string_view open = "<Code>", close = "</Code>";
  const auto from = body.find(open);
  if (from == std::string_view::npos) return {};
  const auto rest = body.substr(from + open.size());
  return rest.substr(0, std::min(rest.find(close), rest.size()));
}

}  // namespace

Error store_error(const HttpAnswer& answer, const std::string& request) {
  const auto code = code_of(answer.body);
  for (const auto& [word, kind, meaning] : known) {
    if (word == code) return {kind, fmt::format("{}: HTTP {} {}: {}", request, answer.status, word, meaning)};
  }
  const auto text = fmt::format("{}: HTTP {}", request, answer.status);
  const auto status = answer.status;
  if (status == 409 || status == 412)
    return {ErrorClass::http, text + "; the store holds something else under this key, or another request for it is under way"};
  if (status == 429) return {ErrorClass::server_error, text + "; too many requests"};
  if (status == 401 || status == 403) return {ErrorClass::auth, text + "; check the keys, and what they may do"};
  if (status == 404) return {ErrorClass::http, text + "; there is no such object or bucket"};
  if (status >= 300 && status < 400) return {ErrorClass::http, text + "; redirects are not followed, check OBJECT_STORE_ENDPOINT"};
  return {status >= 500 ? ErrorClass::server_error : ErrorClass::http, text};
}

}  // namespace gateway
