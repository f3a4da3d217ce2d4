// Messages of PostgreSQL's protocol, version 3, from a server to its client; with lengths that may lie.
#pragma once

#include <cstdint>
#include <string>

namespace hostile {

// `more`: bytes that the length claims beyond the body.
inline std::string message(char type, const std::string& body, std::uint32_t more = 0) {
  const auto length = static_cast<std::uint32_t>(body.size() + 4) + more;
  std::string bytes(1, type);
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(length >> shift & 0xFF);
  return bytes + body;
}

inline const std::string trust = message('R', std::string(4, '\0'));
inline const std::string ready = message('Z', "I");

}  // namespace hostile
