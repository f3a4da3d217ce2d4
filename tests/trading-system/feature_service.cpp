// feature-service's work and answers. Its /health checks nothing: it says that the process lives.
#include "feature_service.hpp"

#include <fmt/format.h>

#include "prices.hpp"
#include "refusals.hpp"

namespace trading {

using nlohmann::json;
using enum QueueUse::Kind;

FeatureService::FeatureService(const Settings& settings, std::stop_token stop)
    : Service{settings,
              stop,
              {{"ws-gateway.trade", bounded, true},
               {"ws-gateway.ticker", bounded, true},
               {"ws-gateway.orderbook", bounded, true},
               {"ws-gateway.kline", bounded, true},
               {"ws-gateway.funding", bounded, true},
               {"features.live", plain},
               {"features.dataset.ready", plain}}},
      pausing_{settings.disturb_every, settings.disturb_for} {}

void FeatureService::build_data_set() {
  const bool failed = choices_.chance(0.3);
  const std::string symbol = choices_.pick(assets());
  const bool written = database_.write(
      "INSERT INTO datasets (symbol, status, split_strategy, target_config, feature_registry_version, train_records,"
      " storage_path, completed_at, error_message) VALUES ($1, $2, 'time_based', $3, '1.4.0', $4, $5, now(), $6)",
      {symbol, failed ? "failed" : "ready", R"({"type":"classification","horizon":60})", failed ? "0" : "5120",
       fmt::format("/datasets/{}", symbol),
       failed ? Parameter{"Not enough data: 17 of 30 days missing\nсм. «отчёт о качестве данных»"} : Parameter{}});
  if (written && !failed) publish("features.dataset.ready", {{"symbol", symbol}, {"status", "ready"}});
}

void FeatureService::work() {
  if (!pausing_.on()) {
    // Within a round the broker hands out no more than the prefetch count, so ask again until it has no more.
    for (int round = 0; round < 20; ++round) {
      bool any = false;
      while (const auto delivery = broker_.next()) {
        broker_.acknowledge(*delivery);
        any = true;
      }
      if (!any) break;
      broker_.pump();
    }
  }
  if (features_due_.due()) {
    const std::string symbol = choices_.pick(assets());
    publish("features.live", {{"symbol", symbol},
                              {"timestamp", offset_iso(Clock::now())},
                              {"features", {{"mid_price", market_price(symbol, Clock::now())}}},
                              {"feature_registry_version", "1.4.0"}});
  }
  if (may_write() && data_set_due_.due()) build_data_set();
}

json FeatureService::health() { return {{"status", "healthy"}, {"service", "feature-service"}, {"timestamp", offset_iso(Clock::now())}}; }

void FeatureService::add_routes(httplib::Server& server) {
  server.Get("/features/latest", [](const httplib::Request& request, httplib::Response& response) {
    const std::string symbol = request.get_param_value("symbol");
    if (std::ranges::find(assets(), symbol) == assets().end()) {
      return answer(response, 404, {{"detail", fmt::format("No features for {}", symbol)}});
    }
    answer(response, 200,
           {{"timestamp", offset_iso(Clock::now())},
            {"symbol", symbol},
            {"features", {{"mid_price", market_price(symbol, Clock::now())}}},
            {"feature_registry_version", "1.4.0"}});
  });
}

bool FeatureService::needs_key(const std::string& path) const { return path != "/" && !path.starts_with("/health"); }

void FeatureService::refuse(bool, httplib::Response& response) const { answer_unhandled_text(response); }

}  // namespace trading
