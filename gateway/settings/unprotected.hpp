// Settings that work, and leave a credential to those who can listen on the way to an upstream.
#pragma once

#include <string>
#include <vector>

namespace gateway {

struct Settings;

// One line for each credential that crosses a network in clear, or to a server whose certificate is not verified, with the
// setting that changes it. Hosts on this machine do not count.
std::vector<std::string> unprotected_credentials(const Settings& settings);

}  // namespace gateway
