#include "settings/listen_address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace gateway {
namespace {

bool is_address(int family, const std::string& text) {
  in6_addr parsed{};  // room for both
  return ::inet_pton(family, text.c_str(), &parsed) == 1;
}

}  // namespace

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ListenAddress parsed{.address = std::string(text.substr(0, colon)), .port = 0, .shown = std::string(text)};
  const auto port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc{} || end != port.data() + port.size() || parsed.port == 0) return std::nullopt;
  auto& address = parsed.address;
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
    return is_address(AF_INET6, address) ? std::optional(parsed) : std::nullopt;
  }
  return address.empty() || is_address(AF_INET, address) ? std::optional(parsed) : std::nullopt;
}

}  // namespace gateway
