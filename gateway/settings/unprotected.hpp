// Settings that work, and leave a credential to those who can listen on the way to an upstream.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace gateway {

struct ObjectStoreSettings;
struct Settings;

// One line for each credential that crosses a network in clear, or to a server whose certificate is not verified, with the
// setting that changes it. Hosts on this machine do not count.
std::vector<std::string> unprotected_credentials(const Settings& settings);
// The same of what is uploaded, or fetched by a follower: the cache itself. nullopt: it is protected, or stays here.
std::optional<std::string> unprotected_upload(const ObjectStoreSettings& store);

}  // namespace gateway
