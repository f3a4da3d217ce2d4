// The exchange's answers, in its own layout.
#include "market.hpp"

#include "prices.hpp"
#include "refusals.hpp"

namespace trading {

using nlohmann::json;

json Market::health() { return {{"status", "healthy"}, {"service", "market"}}; }

void Market::add_routes(httplib::Server& server) {
  server.Get("/v5/market/tickers", [](const httplib::Request&, httplib::Response& response) {
    const Time now = Clock::now();
    json list = json::array();
    for (const std::string& asset : assets()) {
      list.push_back({{"symbol", asset}, {"lastPrice", decimal(market_price(asset, now))}});
    }
    answer(response, 200, {{"retCode", 0}, {"retMsg", "OK"}, {"result", {{"category", "linear"}, {"list", list}}}});
  });
}

}  // namespace trading
