#include "ask/http_transfer.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <string_view>

#include "ask/http_failure.hpp"

namespace gateway {
namespace {

double ms(curl_off_t microseconds) { return static_cast<double>(microseconds) / 1e3; }

double phase(CURL* easy, CURLINFO info) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, info, &microseconds);
  return ms(microseconds);
}

void add(std::optional<double>& sum, double more) { sum = sum.value_or(0) + std::max(0.0, more); }

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

// Where libcurl would do something else without a word, the process must not go on.
template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  if (const auto code = curl_easy_setopt(easy, option, value); code != CURLE_OK)
    throw std::runtime_error(fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(code)));
}

curl_slist* appended(curl_slist* list, const std::string& line) {
  auto* longer = curl_slist_append(list, line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  return longer;
}

std::string in_brackets(const std::string& host) { return host.find(':') == std::string::npos ? host : "[" + host + "]"; }

}  // namespace

HttpTransfer::HttpTransfer(const HttpSettings& settings, HttpRequest request, const Address& address, Milliseconds for_connecting,
                           const Deadline& deadline, const HttpExtras* extras)
    : settings_(settings),
      request_(std::move(request)),
      extras_(extras),
      easy_(curl_easy_init(), curl_easy_cleanup),
      headers_(nullptr, curl_slist_free_all),
      resolved_(nullptr, curl_slist_free_all) {
  if (!easy_) throw std::bad_alloc();
  set_up(for_connecting, deadline);
  set_address(address);
  set_headers();
  if (extras != nullptr && extras->put != nullptr) set_body();
  if (settings.url.tls) set_tls();
}

void HttpTransfer::set_up(Milliseconds for_connecting, const Deadline& deadline) {
  auto* const easy = easy_.get();
  const auto& url = settings_.url;
  auto base = url.path;
  while (base.ends_with('/')) base.pop_back();
  const auto address = fmt::format("{}://{}:{}{}{}", url.tls ? "https" : "http", in_brackets(url.host), url.port, base, request_.target);
  set(easy, CURLOPT_URL, address.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PROXY, "");  // whatever the environment says
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_FRESH_CONNECT, 1L);
  set(easy, CURLOPT_FORBID_REUSE, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, deadline.left().count())));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, for_connecting.count())));
  set(easy, CURLOPT_ERRORBUFFER, said_);
  set(easy, CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
}

// Names are looked up before (tcp.hpp), where "no such name" and "no answer" are told apart.
void HttpTransfer::set_address(const Address& address) {
  const auto known = fmt::format("{}:{}:{}", in_brackets(settings_.url.host), settings_.url.port, in_brackets(address.text()));
  resolved_.reset(appended(nullptr, known));
  set(easy_.get(), CURLOPT_RESOLVE, resolved_.get());
}

void HttpTransfer::set_headers() {
  auto* const easy = easy_.get();
  if (extras_ != nullptr) return set_signature();
  headers_.reset(appended(nullptr, "Accept: application/json"));
  appended(headers_.get(), "Accept-Encoding: identity");
  appended(headers_.get(), "Connection: close");
  if (!settings_.api_key.empty() && request_.target.starts_with(settings_.key_below))
    appended(headers_.get(), settings_.key_header + settings_.api_key.read());
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
  set(easy, CURLOPT_USERAGENT, "cache-gateway");
  if (settings_.user.empty()) return;
  set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(easy, CURLOPT_USERNAME, settings_.user.c_str());
  set(easy, CURLOPT_PASSWORD, settings_.password.read().c_str());
}

// libcurl signs every header that is given to it, so that none is given that a proxy between may change.
void HttpTransfer::set_signature() {
  auto* const easy = easy_.get();
  const auto& [keys, put, held] = *extras_;
  headers_.reset(appended(nullptr, "x-amz-content-sha256: " + sha256(put != nullptr ? *put : std::string_view())));
  if (put != nullptr) appended(headers_.get(), "Content-Type: application/octet-stream");
  if (!held.empty()) appended(headers_.get(), "If-None-Match: " + held);
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
  set(easy, CURLOPT_USERAGENT, "cache-gateway");
  set(easy, CURLOPT_AWS_SIGV4, ("aws:amz:" + keys.region + ":s3").c_str());
  set(easy, CURLOPT_USERNAME, keys.access_key.read().c_str());
  set(easy, CURLOPT_PASSWORD, keys.secret_key.read().c_str());
}

void HttpTransfer::set_body() {
  auto* const easy = easy_.get();
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(extras_->put->size()));
  set(easy, CURLOPT_POSTFIELDS, extras_->put->data());  // not copied
  set(easy, CURLOPT_CUSTOMREQUEST, "PUT");
}

void HttpTransfer::set_tls() {
  auto* const easy = easy_.get();
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(easy, CURLOPT_SSL_CTX_FUNCTION, &HttpTransfer::on_tls);
  set(easy, CURLOPT_SSL_CTX_DATA, this);
  if (settings_.ca_file.empty()) return;
  set(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
  set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

// Under TLS 1.3 a refusal of the client comes after the handshake, with the first read, and libcurl has no code for it.
CURLcode HttpTransfer::on_tls(CURL*, void* context, void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  SSL_CTX_set_app_data(tls, self);
  SSL_CTX_set_info_callback(tls, &HttpTransfer::on_tls_event);
  return CURLE_OK;
}

void HttpTransfer::on_tls_event(const ssl_st* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (value >> 8) != SSL3_AL_FATAL) return;
  static_cast<HttpTransfer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->alerted_ = true;
}

std::size_t HttpTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->take_header({bytes, size * count}) ? size * count : 0;
}

std::size_t HttpTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->take_body({bytes, size * count}) ? size * count : 0;
}

bool HttpTransfer::take_header(std::string_view line) {
  if (head_.take(line)) return true;
  why_ = {ErrorClass::too_large, fmt::format("{}: the head of the answer is larger than {} KiB", what(), HttpHead::cap >> 10)};
  return false;
}

bool HttpTransfer::take_body(std::string_view bytes) {
  if (answer_.body.size() + bytes.size() > request_.body_cap) {
    why_ = {ErrorClass::too_large, fmt::format("{}: the body is larger than {} MiB", what(), request_.body_cap >> 20)};
    return false;
  }
  try {
    answer_.body.append(bytes);
  } catch (const std::bad_alloc&) {  // must not pass through libcurl
    why_ = {ErrorClass::too_large, "there is not enough memory for the body"};
    return false;
  }
  return true;
}

bool HttpTransfer::connected() const { return phase(easy_.get(), CURLINFO_CONNECT_TIME_T) > 0; }

Result<HttpAnswer> HttpTransfer::finished(CURLcode code, Timing& timing) {
  auto* const easy = easy_.get();
  // libcurl counts from the start of the transfer to the end of each phase; 0: it was not reached.
  const auto connected = std::max(phase(easy, CURLINFO_CONNECT_TIME_T), phase(easy, CURLINFO_APPCONNECT_TIME_T));
  const auto first_byte = phase(easy, CURLINFO_STARTTRANSFER_TIME_T), total = phase(easy, CURLINFO_TOTAL_TIME_T);
  add(timing.connect_ms, connected > 0 ? connected : total);
  if (code == CURLE_OK && !head_.complete()) code = CURLE_PARTIAL_FILE;
  if (why_) return std::unexpected(*why_);
  if (code != CURLE_OK) {
    const auto endpoint = settings_.url.endpoint();
    return std::unexpected(http_failure({.code = code, .endpoint = endpoint, .what = what(), .said = said_, .alerted = alerted_}, easy));
  }
  add(timing.wait_ms, first_byte - connected);
  add(timing.read_ms, total - first_byte);
  if (!head_.encoding().empty())
    return failure(ErrorClass::malformed,
                   fmt::format("{}: the body is in {}, although no encoding was requested", what(), head_.encoding()));
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  answer_.latency_ms = total;
  head_.tell(answer_);
  return std::move(answer_);
}

}  // namespace gateway
