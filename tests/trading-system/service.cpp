// The worker loop, and which name is which service.
#include "service.hpp"

#include <thread>

#include "feature_service.hpp"
#include "market.hpp"
#include "model_service.hpp"
#include "order_manager.hpp"
#include "position_manager.hpp"
#include "ws_gateway.hpp"

namespace trading {

Service::Service(const Settings& settings, std::stop_token stop, std::vector<QueueUse> queues)
    : settings_{settings},
      stop_{stop},
      database_{settings, std::chrono::seconds{5}, stop},
      // The services' own limit for a command, and the reason why their /health can hang.
      http_database_{settings, std::chrono::seconds{60}, stop},
      broker_{settings, std::move(queues)},
      choices_{settings.seed, settings.service},
      ids_{Random::unseeded()} {}

void Service::publish(const std::string& queue, const nlohmann::json& message) {
  if (control_.flag("messages", true)) {
    broker_.publish(queue, message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

void Service::run() {
  while (!stopping()) {
    const auto next = std::chrono::steady_clock::now() + settings_.tick;
    broker_.pump();
    if (!control_.flag("pause", false)) work();
    while (!stopping() && std::chrono::steady_clock::now() < next) {
      const auto left = next - std::chrono::steady_clock::now();
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds{100}));
    }
  }
}

std::unique_ptr<Service> make_service(const Settings& settings, std::stop_token stop) {
  if (settings.service == "ws-gateway") return std::make_unique<WsGateway>(settings, stop);
  if (settings.service == "model-service") return std::make_unique<ModelService>(settings, stop);
  if (settings.service == "order-manager") return std::make_unique<OrderManager>(settings, stop);
  if (settings.service == "position-manager") return std::make_unique<PositionManager>(settings, stop);
  if (settings.service == "feature-service") return std::make_unique<FeatureService>(settings, stop);
  return std::make_unique<Market>(settings, stop);
}

}  // namespace trading
