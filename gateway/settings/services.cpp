#include "settings/services.hpp"

#include <algorithm>
#include <set>

namespace gateway {
namespace {

// HEALTH_SERVICES: NAME=URL, comma-separated.
std::vector<ServiceSettings> read_more_services(SettingsReader& reader) {
  const std::string name = "HEALTH_SERVICES";
  std::vector<ServiceSettings> found;
  const auto items = reader.list(name);
  // A password with a comma in it is cut in two: then no more than a service's name is shown of any piece.
  const bool credentials = std::ranges::any_of(items, [](const auto& item) { return item.find('@') != std::string::npos; });
  static const std::set<std::string, std::less<>> taken{"ws-gateway", "model-service", "order-manager", "postgres", "rabbitmq", "gateway"};
  for (const auto& item : items) {
    const auto equals = item.find('=');
    const auto service = item.substr(0, equals);
    auto url = equals == std::string::npos ? std::nullopt : parse_url(item.substr(equals + 1));
    const bool plain = !service.empty() && service.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    const bool twice = taken.contains(service) || std::ranges::any_of(found, [&](const auto& other) { return other.name == service; });
    if (!url || !plain || twice) {
      auto shown = credentials ? std::string("***") : shown_url(item);
      if (credentials && plain && equals != std::string::npos) shown = service + "=***";
      reader.fault(name, shown, "use NAME=http://HOST:PORT/health, with a new NAME of a-z, 0-9, - and _");
      continue;
    }
    auto path = url->path.empty() ? std::string("/health") : url->path;
    url->path.clear();
    found.push_back({service, std::move(url), std::move(path), {}});
  }
  return found;
}

}  // namespace

std::vector<ServiceSettings> read_services(SettingsReader& reader) {
  std::vector<ServiceSettings> services;
  const auto service = [&](const char* name, const char* url, const char* fallback, const char* key) {
    services.push_back({name, reader.url(url, fallback), "/health", reader.secret(key, "")});
  };
  service("ws-gateway", "WS_GATEWAY_URL", "http://ws-gateway:4400", "WS_GATEWAY_API_KEY");
  service("model-service", "MODEL_SERVICE_URL", "http://model-service:4500", "MODEL_SERVICE_API_KEY");
  service("order-manager", "ORDER_MANAGER_URL", "http://order-manager:4600", "ORDERMANAGER_API_KEY");
  for (auto& more : read_more_services(reader)) services.push_back(std::move(more));
  return services;
}

}  // namespace gateway
