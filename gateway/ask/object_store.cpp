#include "ask/object_store.hpp"

#include <fmt/format.h>

#include "ask/store_error.hpp"

namespace gateway {

ObjectStore::ObjectStore(const ObjectStoreSettings& settings, const std::string& ca_file)
    : http_{.url = settings.endpoint, .api_key = {}, .user = {}, .password = {}, .ca_file = ca_file},
      keys_{.region = settings.region, .access_key = settings.access_key, .secret_key = settings.secret_key} {}

CURLcode ObjectStore::perform(HttpTransfer& transfer, const Deadline& deadline) {
  multi_.add(transfer.handle());
  std::optional<CurlMulti::Done> done;
  while (!done && !multi_.cancelled() && !deadline.passed()) {
    multi_.go_on();
    done = multi_.next_done();
    if (!done) multi_.wait(deadline);
  }
  multi_.remove(transfer.handle());
  return done ? done->code : CURLE_OPERATION_TIMEDOUT;
}

Result<ObjectAnswer> ObjectStore::ask(const HttpRequest& request, const HttpExtras& extras, const Deadline& deadline, Timing& timing) {
  const auto start = Clock::now();
  const auto addresses = resolve(http_.url.host, std::to_string(http_.url.port));
  timing.connect_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (!addresses) return std::unexpected(addresses.error());
  for (std::size_t n = 0;; ++n) {
    if (deadline.passed()) return failure(ErrorClass::timeout, http_.url.endpoint() + ": no time left for the request");
    HttpTransfer transfer(http_, request, addresses->at(n), share(deadline, addresses->size() - n), deadline, &extras);
    const auto code = perform(transfer, deadline);
    auto answer = transfer.finished(code, timing);
    if (answer) return ObjectAnswer{std::move(*answer), transfer.etag()};
    if (transfer.connected() || n + 1 == addresses->size() || multi_.cancelled()) return std::unexpected(answer.error());
  }
}

Result<ObjectAnswer> ObjectStore::put(const ObjectAddress& address, const std::string& body, const Deadline& deadline, Timing& timing) {
  auto answer = ask({address.target()}, {.keys = keys_, .put = &body, .held = {}}, deadline, timing);
  // 200 as AWS has it; 201 or 204 say the same where a proxy or another kind of store is behind the protocol.
  const bool stored = answer && (answer->http.status == 200 || answer->http.status == 201 || answer->http.status == 204);
  if (answer && !stored) return std::unexpected(store_error(answer->http, "PUT " + address.shown()));
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
