// One object of an S3 store: put there, or fetched unless it is what is held already. Signed by libcurl (AWS Signature Version 4). As
// with every upstream: one deadline, a cap on the answer, no redirects, a connection for each request.
#pragma once

#include <cstdint>
#include <string>

#include "ask/curl_multi.hpp"
#include "ask/http_transfer.hpp"
#include "settings/object_store.hpp"

namespace gateway {

struct ObjectAnswer {
  HttpAnswer http;
  std::string etag;
};

// Used by one thread at a time, but for cancel().
class ObjectStore {
 public:
  explicit ObjectStore(const ObjectStoreSettings& settings, const std::string& ca_file);

  // Block. The error: no answer came, or not one of success; `timing` gets its phases.
  Result<ObjectAnswer> put(const ObjectAddress& address, const std::string& body, const Deadline& deadline, Timing& timing);
  // Status 200; or 304 where the object is still the one with the ETag `held`.
  Result<ObjectAnswer> get(const ObjectAddress& address, const std::string& held, std::size_t most_bytes, const Deadline& deadline,
                           Timing& timing);
  // Ends a running request soon, and all later ones until the next begins; from any thread.
  void cancel() { multi_.cancel(); }
  // Also puts an end to what cancel() has begun.
  void begin() { multi_.begin(); }

 private:
  Result<ObjectAnswer> ask(const HttpRequest& request, const HttpExtras& extras, const Deadline& deadline, Timing& timing);
  CURLcode perform(HttpTransfer& transfer, const Deadline& deadline);

  HttpSettings http_;
  SigningKeys keys_;
  CurlMulti multi_;
};

}  // namespace gateway
