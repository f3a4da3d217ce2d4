#include "settings/url.hpp"

#include <algorithm>
#include <charconv>

namespace gateway {

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; })) return std::nullopt;
  if (text.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const auto slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos) url.path = text.substr(slash);
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  if (url.path.find_first_of("?#") != std::string::npos) return std::nullopt;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty()) {
      if (!authority.starts_with(':')) return std::nullopt;
      port = authority.substr(1);
    }
  } else {
    const auto colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.host.empty() || url.host.find_first_of("?#") != std::string::npos) return std::nullopt;
  if (port.data() != nullptr) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc{} || end != port.data() + port.size() || url.port < 1 || url.port > 65535) return std::nullopt;
  }
  return url;
}

std::string shown_url(const std::string& url) {
  const auto at = url.rfind('@');
  const auto scheme = url.find("://");
  const auto shown =
      at == std::string::npos ? url : (scheme == std::string::npos ? "" : url.substr(0, scheme + 3)) + "***" + url.substr(at);
  const auto query = shown.find('?');
  return query == std::string::npos ? shown : shown.substr(0, query) + "?***";
}

}  // namespace gateway
