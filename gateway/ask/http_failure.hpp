// What it means that libcurl gave up. The codes decide; where they do not tell apart, OpenSSL's own numbers and words.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gateway {

struct HttpFailure {
  CURLcode code;
  const std::string& endpoint;  // HOST:PORT
  const std::string& what;      // GET /health
  std::string_view said;        // libcurl's words: never shown, for they may quote the peer
  bool alerted;                 // the peer sent a fatal TLS alert
};

Error http_failure(const HttpFailure& failure, CURL* easy);

}  // namespace gateway
