// What the upstreams say when all is well, and the pieces that hostile answers are made of.
#pragma once

#include <string>
#include <string_view>

#include "../integration/support/raw_server.hpp"

namespace hostile {

using integration::Peer;
using integration::RawServer;
using integration::Script;
using integration::target_of;

// Stands in every hostile answer: whoever shows it has shown content.
inline const std::string canary = "CANARY-4711";

// A complete answer.
std::string http(int status, const std::string& body, const std::string& headers = "Content-Type: application/json\r\n");

// The upstreams as they are when well: whatever the request asks for is answered.
bool all_is_well(Peer& peer, const std::string& request);
std::string good_body(const std::string& target);

// A gzip stream of a few hundred kilobytes that unpacks to `megabytes`, beginning with `text`.
std::string gzip_bomb(std::string_view text, std::size_t megabytes);

}  // namespace hostile
