#include "settings/services.hpp"

#include <algorithm>
#include <set>

namespace gateway {
namespace {

constexpr const char* setting = "HEALTH_SERVICES";

// http://HOST[:PORT][/PATH] or tcp://HOST:PORT.
std::optional<ServiceSettings> parse_service(const std::string& name, const std::string& address) {
  constexpr std::string_view tcp = "tcp://";
  ServiceSettings service{.name = name, .url = {}, .health_path = "/health", .api_key = {}, .tcp = address.starts_with(tcp)};
  service.url = parse_url(service.tcp ? "http://" + address.substr(tcp.size()) : address);
  if (!service.url) return std::nullopt;
  if (service.tcp) {
    const bool has_port = address.find_last_of(':') > std::max(address.find_last_of(']') + 1, tcp.size()) - 1;
    return has_port && (service.url->path.empty() || service.url->path == "/") ? std::optional(service) : std::nullopt;
  }
  if (!service.url->path.empty() && service.url->path != "/") service.health_path = service.url->path;
  service.url->path.clear();
  return service;
}

// NAME=URL, comma-separated.
std::vector<ServiceSettings> read_more_services(SettingsReader& reader) {
  std::vector<ServiceSettings> found;
  const auto items = reader.list(setting);
  // A password with a comma in it is cut in two: then no more than a service's name is shown of any piece.
  const bool credentials = std::ranges::any_of(items, [](const auto& item) { return item.find('@') != std::string::npos; });
  static const std::set<std::string, std::less<>> taken{"ws-gateway", "model-service", "order-manager", "postgres", "rabbitmq", "gateway"};
  for (const auto& item : items) {
    const auto equals = item.find('=');
    const auto name = item.substr(0, equals);
    auto service = equals == std::string::npos ? std::nullopt : parse_service(name, item.substr(equals + 1));
    const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    const bool twice = taken.contains(name) || std::ranges::any_of(found, [&](const auto& other) { return other.name == name; });
    if (!service || !plain || twice) {
      auto shown = credentials ? std::string("***") : shown_url(item);
      if (credentials && plain && equals != std::string::npos) shown = name + "=***";
      reader.fault(setting, shown, "use NAME=http://HOST:PORT/health or NAME=tcp://HOST:PORT, with a new NAME of a-z, 0-9, - and _");
      continue;
    }
    found.push_back(std::move(*service));
  }
  return found;
}

}  // namespace

std::vector<ServiceSettings> read_services(SettingsReader& reader) {
  std::vector<ServiceSettings> services;
  const auto service = [&](const char* name, const char* url, const char* fallback, const char* key) {
    services.push_back({.name = name, .url = reader.url(url, fallback), .health_path = "/health", .api_key = reader.secret(key, "")});
  };
  service("ws-gateway", "WS_GATEWAY_URL", "http://ws-gateway:4400", "WS_GATEWAY_API_KEY");
  service("model-service", "MODEL_SERVICE_URL", "http://model-service:4500", "MODEL_SERVICE_API_KEY");
  service("order-manager", "ORDER_MANAGER_URL", "http://order-manager:4600", "ORDERMANAGER_API_KEY");
  service("position-manager", "POSITION_MANAGER_URL", "http://position-manager:4800", "POSITION_MANAGER_API_KEY");
  service("feature-service", "FEATURE_SERVICE_URL", "http://feature-service:4900", "FEATURE_SERVICE_API_KEY");
  for (auto& more : read_more_services(reader)) {
    // The last two had to be named there once: such a setting still counts.
    const auto known = std::ranges::find(services, more.name, &ServiceSettings::name);
    if (known == services.end()) {
      services.push_back(std::move(more));
    } else {
      more.api_key = known->api_key;
      *known = std::move(more);
    }
  }
  return services;
}

}  // namespace gateway
