// The address of an HTTP upstream.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

struct Url {
  bool tls = false;
  std::string host;
  int port = 80;
  std::string path;  // as written

  std::string endpoint() const { return host + ":" + std::to_string(port); }  // for error texts
};

// nullopt: not an address that can be used; credentials, queries and fragments are refused.
std::optional<Url> parse_url(std::string_view text);

// For error messages: without credentials, and without the values in a query.
std::string shown_url(const std::string& url);

}  // namespace gateway
