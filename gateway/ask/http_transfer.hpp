// One request over libcurl: what is set for it, what may come, and which class its failure has. Errors name the endpoint or the
// target, never what was answered.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ask/http_head.hpp"
#include "ask/tcp.hpp"
#include "base/secret.hpp"
#include "base/source.hpp"
#include "settings/url.hpp"

struct ssl_st;

namespace gateway {

// Requests are signed (AWS Signature Version 4), as S3 stores want it.
struct SigningKeys {
  std::string region;
  Secret access_key, secret_key;
};

// Of a request to an S3 store.
struct HttpExtras {
  const SigningKeys& keys;
  const std::string* put = nullptr;  // what to PUT there; nullptr: a GET
  std::string held = {};             // the ETag of what is held already: only something else is wanted
};

struct HttpSettings {
  Url url;
  Secret api_key;    // if any, sent with what lies below /api/: the rest of a service is open
  std::string user;  // basic authentication, if any
  Secret password;
  std::string ca_file;
  std::string key_header = "X-API-Key: ", key_below = "/api/";
};

class HttpTransfer {
 public:
  // What libcurl calls back with is this object's address. `extras` outlives it.
  HttpTransfer(const HttpSettings& settings, HttpRequest request, const Address& address, Milliseconds for_connecting,
               const Deadline& deadline, const HttpExtras* extras = nullptr);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  // Called once, when libcurl is done with it. Adds to the phases of `timing`.
  Result<HttpAnswer> finished(CURLcode code, Timing& timing);
  const std::string& etag() const { return head_.etag(); }  // of the answer
  // Whether it got as far as asking.
  bool connected() const;

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static CURLcode on_tls(CURL* easy, void* context, void* self);
  static void on_tls_event(const ssl_st* ssl, int where, int value);

  void set_up(Milliseconds for_connecting, const Deadline& deadline);
  void set_headers();
  void set_signature();
  void set_body();
  void set_address(const Address& address);
  void set_tls();
  bool take_header(std::string_view line);
  std::string what() const { return (extras_ && extras_->put ? "PUT " : "GET ") + request_.target; }  // for error texts
  bool take_body(std::string_view bytes);

  const HttpSettings& settings_;
  HttpRequest request_;
  const HttpExtras* extras_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_, resolved_;
  char said_[CURL_ERROR_SIZE] = {};  // libcurl's words, which no operator sees: they may quote the peer
  HttpAnswer answer_;
  HttpHead head_;
  std::optional<Error> why_;  // we ended it ourselves
  bool alerted_ = false;      // the peer refused us in TLS
};

}  // namespace gateway
