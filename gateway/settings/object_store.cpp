#include "settings/object_store.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace gateway {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_key_character(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-'; }

bool is_bucket(std::string_view name) {
  constexpr std::size_t shortest = 3, longest = 63;
  return name.size() >= shortest && name.size() <= longest && is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
         std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-'; });
}

bool is_key(std::string_view key) {
  constexpr std::size_t longest = 512;
  if (key.empty() || key.size() > longest) return false;
  return std::ranges::all_of(split(key, '/'), [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, is_key_character);
  });
}

Url read_endpoint(SettingsReader& reader, const std::string& region) {
  auto given = reader.url("OBJECT_STORE_ENDPOINT", "");
  if (!given) return {.tls = true, .host = "s3." + region + ".amazonaws.com", .port = 443, .path = {}};
  if (!given->path.empty() && given->path != "/") reader.fault("OBJECT_STORE_ENDPOINT", given->path, "leave out the path");
  given->path.clear();
  return *given;
}

}  // namespace

std::optional<ObjectAddress> parse_object_address(std::string_view text) {
  constexpr std::string_view scheme = "s3://";
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || !is_bucket(text.substr(0, slash)) || !is_key(text.substr(slash + 1))) return std::nullopt;
  return ObjectAddress{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
}

ObjectStoreSettings read_object_store(SettingsReader& reader) {
  ObjectStoreSettings store;
  const auto url = reader.word("OBJECT_STORE_URL", "");
  store.region = reader.word("OBJECT_STORE_REGION", "us-east-1");
  if (!std::ranges::all_of(store.region, [](char c) { return is_lower_or_digit(c) || c == '-'; }))
    reader.fault("OBJECT_STORE_REGION", store.region,
                 "use the region's name, such as eu-central-1; self-hosted stores usually take us-east-1");
  store.endpoint = read_endpoint(reader, store.region);
  store.access_key = reader.secret("OBJECT_STORE_ACCESS_KEY", "");
  store.secret_key = reader.secret("OBJECT_STORE_SECRET_KEY", "");
  store.interval = reader.duration("OBJECT_STORE_INTERVAL", "10s");
  store.timeout = reader.duration("OBJECT_STORE_TIMEOUT", "30s");
  for (const auto& text : reader.list("FOLLOW")) {
    if (const auto address = parse_object_address(text)) store.follow.push_back(*address);
    else reader.fault("FOLLOW", shown_url(text), "use s3://BUCKET/KEY, the gateway's OBJECT_STORE_URL; separate several by commas");
  }
  store.follow_interval = reader.duration("FOLLOW_INTERVAL", "5s");
  store.follow_max_size = reader.bytes("FOLLOW_MAX_SIZE", "256MiB");
  if (url.empty() && store.follow.empty()) return store;
  if (!url.empty()) store.upload = parse_object_address(url);
  if (!url.empty() && !store.upload)
    reader.fault("OBJECT_STORE_URL", shown_url(url),
                 "use s3://BUCKET/KEY, such as s3://dashboards/gateway-1/cache.db.zst; a key of letters, digits, dots, dashes, underscores "
                 "and slashes");
  if (store.access_key.empty() || store.secret_key.empty())
    reader.fault(store.access_key.empty() ? "OBJECT_STORE_ACCESS_KEY" : "OBJECT_STORE_SECRET_KEY", "",
                 "set OBJECT_STORE_ACCESS_KEY and OBJECT_STORE_SECRET_KEY, or these with _FILE, to keys that may write OBJECT_STORE_URL, "
                 "or read what FOLLOW names");
  return store;
}

}  // namespace gateway
