// Where the gateway listens: ADDRESS:PORT, [ADDRESS]:PORT or :PORT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

struct ListenAddress {
  std::string address;  // a literal IPv4 or IPv6 address; empty: every address of this host
  std::uint16_t port = 0;
  std::string shown;  // as configured
};

// nullopt: not an address. A host name is none: it may resolve to several addresses, or to none at boot.
std::optional<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace gateway
