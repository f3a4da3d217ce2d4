// An upstream that speaks HTTP: one keep-alive connection, one total deadline for all requests of an attempt, a cap on
// every body, no redirects, no decompression. Built on cpp-httplib; the connect is ours, so that it keeps the deadline.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "settings/settings.hpp"
#include "ask/upstream.hpp"

namespace httplib {
class ClientImpl;
}

namespace gateway {

struct HttpSettings {
  Url url;
  std::string api_key;         // if any, sent as X-API-Key with what lies below /api: the rest of a service is open
  std::string user, password;  // basic authentication, if any
  std::string ca_file;
  std::size_t body_cap = std::size_t{1} << 20;  // bytes; a service's answers are a few hundred
};

class HttpUpstream : public Upstream {
 public:
  explicit HttpUpstream(HttpSettings settings);
  ~HttpUpstream() override;

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override;

 private:
  Result<HttpAnswer> get(const HttpRequest& request, const Deadline& deadline, Timing& timing);
  Error explain(int httplib_error, const Deadline& deadline) const;

  HttpSettings settings_;
  Cancel cancel_;
  std::unique_ptr<httplib::ClientImpl> client_;
  struct Connecting;
  std::unique_ptr<Connecting> connecting_;
};

}  // namespace gateway
