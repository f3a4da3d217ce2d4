// A secret as a peer may repeat it, and the search for any of these forms in what the gateway stores or shows.
#pragma once

#include <string>
#include <vector>

namespace integration {

std::string base64(const std::string& text);
// `letters`: the hexadecimal digits, of which both cases are in use.
std::string percent_encoded(const std::string& text, const char* letters = "0123456789ABCDEF");

// Fails, naming `where`, for each secret that the text contains: as it is, in base64 at any offset, percent-encoded.
void expect_no_secret(const std::vector<std::string>& secrets, const std::string& where, const std::string& text);

}  // namespace integration
