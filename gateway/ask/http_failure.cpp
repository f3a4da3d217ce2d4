#include "ask/http_failure.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "ask/tcp.hpp"

namespace gateway {
namespace {

Error no_http(const HttpFailure& failure) { return {ErrorClass::malformed, failure.endpoint + ": not a valid HTTP response"}; }
Error closed(const HttpFailure& failure) {
  return {ErrorClass::closed, failure.endpoint + ": connection closed before a complete HTTP answer"};
}

Error refused_by_peer(const HttpFailure& failure) {
  return {ErrorClass::tls, failure.endpoint + ": refused the TLS handshake; does it require a client certificate?"};
}

Error tls_failure(const HttpFailure& failure) {
  switch (failure.code) {
    case CURLE_SSL_CACERT_BADFILE: return {ErrorClass::tls, "UPSTREAM_CA_FILE: no certificates could be loaded from it"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorClass::tls,
              failure.endpoint + ": its certificate is not trusted for this name; check its dates, its names and UPSTREAM_CA_FILE"};
    default: break;
  }
  if (failure.alerted) return refused_by_peer(failure);
  // A connection lost within the handshake is no fault of TLS. 0A000126: OpenSSL's "unexpected eof while reading".
  for (const std::string_view lost : {"SYSCALL", ":0A000126:", "reset by peer"}) {
    if (failure.said.find(lost) != std::string_view::npos) return closed(failure);
  }
  return {ErrorClass::tls, failure.endpoint + ": TLS handshake failed; is this an HTTPS port?"};
}

}  // namespace

Error http_failure(const HttpFailure& failure, CURL* easy) {
  switch (failure.code) {
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t connected = 0;
      curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
      return {ErrorClass::timeout, failure.endpoint + (connected > 0 ? ": no complete answer in time" : ": no connection in time")};
    }
    case CURLE_OUT_OF_MEMORY:  // also what libcurl calls a line of the head beyond its own bound
      return {ErrorClass::too_large, failure.what + ": the head of the answer is too large, or there is no memory for it"};
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorClass::resolver, failure.endpoint + ": the name cannot be resolved"};
    case CURLE_COULDNT_CONNECT: {
      long error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
      return connect_error(failure.endpoint, error == 0 ? ETIMEDOUT : static_cast<int>(error));
    }
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return no_http(failure);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return tls_failure(failure);
    default: break;
  }
  // Under TLS 1.3 a refusal of the client comes with the first read, for which libcurl has no code of its own.
  if (failure.alerted) return refused_by_peer(failure);
  if (failure.said.find("chunk") != std::string_view::npos) return no_http(failure);
  return closed(failure);
}

}  // namespace gateway
