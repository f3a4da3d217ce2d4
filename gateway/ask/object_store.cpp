#include "ask/object_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "ask/store_error.hpp"

namespace gateway {
namespace {

CURLM* new_multi() {
  static const auto initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto* multi = initialized == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) throw std::runtime_error("libcurl does not start");
  return multi;
}

}  // namespace

ObjectStore::ObjectStore(const ObjectStoreSettings& settings, const std::string& ca_file)
    : http_{.url = settings.endpoint, .api_key = {}, .user = {}, .password = {}, .ca_file = ca_file},
      keys_{.region = settings.region, .access_key = settings.access_key, .secret_key = settings.secret_key},
      multi_(new_multi()) {}

ObjectStore::~ObjectStore() { curl_multi_cleanup(multi_); }

void ObjectStore::cancel() {
  cancelled_ = true;
  curl_multi_wakeup(multi_);
}

CURLcode ObjectStore::perform(HttpTransfer& transfer, const Deadline& deadline) {
  if (curl_multi_add_handle(multi_, transfer.handle()) != CURLM_OK) throw std::bad_alloc();
  auto result = CURLE_OPERATION_TIMEDOUT;
  for (int running = 1; running > 0 && !cancelled_ && !deadline.passed();) {
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) result = message->data.result;
    }
    const auto wait = std::min<std::int64_t>(deadline.left().count(), 60'000);
    if (running > 0) curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait), nullptr);
  }
  curl_multi_remove_handle(multi_, transfer.handle());
  return result;
}

Result<ObjectAnswer> ObjectStore::ask(const HttpRequest& request, const HttpExtras& extras, const Deadline& deadline, Timing& timing) {
  const auto start = Clock::now();
  const auto addresses = resolve(http_.url.host, std::to_string(http_.url.port));
  timing.connect_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (!addresses) return std::unexpected(addresses.error());
  for (std::size_t n = 0;; ++n) {
    if (deadline.passed()) return failure(ErrorClass::timeout, http_.url.endpoint() + ": no time left to ask");
    HttpTransfer transfer(http_, request, addresses->at(n), share(deadline, addresses->size() - n), deadline, &extras);
    const auto code = perform(transfer, deadline);
    auto answer = transfer.finished(code, timing);
    if (answer) return ObjectAnswer{std::move(*answer), transfer.etag()};
    if (transfer.connected() || n + 1 == addresses->size() || cancelled_) return std::unexpected(answer.error());
  }
}

Result<ObjectAnswer> ObjectStore::put(const ObjectAddress& address, const std::string& body, const Deadline& deadline, Timing& timing) {
  auto answer = ask({address.target()}, {.keys = keys_, .put = &body, .held = {}}, deadline, timing);
  if (answer && answer->http.status != 200) return std::unexpected(store_error(answer->http, "PUT " + address.shown()));
  return answer;
}

Result<ObjectAnswer> ObjectStore::get(const ObjectAddress& address, const std::string& held, std::size_t most_bytes,
                                      const Deadline& deadline, Timing& timing) {
  auto answer = ask({.target = address.target(), .body_cap = most_bytes}, {.keys = keys_, .put = nullptr, .held = held}, deadline, timing);
  const bool unchanged = answer && answer->http.status == 304 && !held.empty();
  if (answer && answer->http.status != 200 && !unchanged) return std::unexpected(store_error(answer->http, "GET " + address.shown()));
  return answer;
}

}  // namespace gateway
