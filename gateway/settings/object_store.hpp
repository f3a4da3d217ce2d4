// Where the published file is copied to, for Grafanas on other hosts: an object of an S3 store, and who we are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/settings_reader.hpp"
#include "settings/url.hpp"

namespace gateway {

// s3://BUCKET/KEY
struct ObjectAddress {
  std::string bucket, key;

  std::string target() const { return "/" + bucket + "/" + key; }  // by path, which every store understands
  std::string shown() const { return "s3:/" + target(); }
  bool operator==(const ObjectAddress&) const = default;
};

// Only what is signed the same by every libcurl and store: letters, digits and . _ - / in a key. nullopt: not such an address.
std::optional<ObjectAddress> parse_object_address(std::string_view text);

struct ObjectStoreSettings {
  std::optional<ObjectAddress> upload;  // nullopt: nothing is uploaded
  Url endpoint;
  std::string region;
  Secret access_key, secret_key;
  Milliseconds interval{}, timeout{};
  // Of `cache-gateway follow`, which reads what gateways upload.
  std::vector<ObjectAddress> follow;
  Milliseconds follow_interval{};
  std::int64_t follow_max_size = 0;  // bytes of the cache that is taken
};

ObjectStoreSettings read_object_store(SettingsReader& reader);

}  // namespace gateway
