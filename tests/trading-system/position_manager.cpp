// position-manager's work and answers. It declares ws-gateway.position without arguments and is refused (406) when
// ws-gateway was first; whoever comes first wins, so in some deployments that queue has no consumer.
#include "position_manager.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "prices.hpp"
#include "refusals.hpp"

namespace trading {

using nlohmann::json;
using enum QueueUse::Kind;

PositionManager::PositionManager(const Settings& settings, std::stop_token stop)
    : Service{settings,
              stop,
              {{"order-manager.order_events", plain, true},
               {"ws-gateway.position", plain, true},
               {"position-manager.position_updated", plain},
               {"position-manager.portfolio_updated", plain},
               {"position-manager.position_snapshot_created", plain}}},
      degraded_{settings.disturb_every, settings.disturb_for},
      hanging_{settings.quirk_every, settings.quirk_for} {}

bool PositionManager::apply_fill(const json& order) {
  if (!may_write()) return true;
  const std::string asset = order.at("asset");
  const double quantity = std::strtod(order.at("filled_quantity").get<std::string>().c_str(), nullptr);
  const std::string change = decimal(order.at("side") == "Buy" ? quantity : -quantity);
  const std::string price = decimal(market_price(asset, Clock::now()));
  return database_.write(
      "INSERT INTO positions AS p (asset, size, average_entry_price, unrealized_pnl, realized_pnl, mode, current_price,"
      " created_at) VALUES ($1, $2, $3, 0, 0, 'one-way', $3, now())"
      " ON CONFLICT (asset, mode) DO UPDATE SET size = p.size + EXCLUDED.size, current_price = EXCLUDED.current_price,"
      " unrealized_pnl = (EXCLUDED.current_price - p.average_entry_price) * p.size, version = p.version + 1,"
      " last_updated = now()",
      {asset, change, price});
}

void PositionManager::handle_order_event(const Delivery& delivery) {
  const json event = json::parse(delivery.body, nullptr, false);
  const bool is_fill = event.is_object() && event.value("event_type", "") == "filled" && event.contains("order");
  if (!is_fill) {
    broker_.reject(delivery, false);
    return;
  }
  try {
    if (!apply_fill(event["order"])) return broker_.reject(delivery, true);
  } catch (const json::exception&) {
    return broker_.reject(delivery, false);
  }
  broker_.acknowledge(delivery);
  publish("position-manager.position_updated",
          {{"event_type", "position_updated"}, {"asset", event["order"]["asset"]}, {"timestamp", zulu_iso(Clock::now())}});
}

void PositionManager::work() {
  queue_connected_ = broker_.connected();
  // A consumer that hangs is a consumer to the broker: what was delivered stays open, up to the prefetch count.
  const bool hangs = hanging_.on() || control_.flag("hang", false);
  if (!hangs && (!may_write() || database_.answers())) {
    while (const auto delivery = broker_.next()) {
      if (delivery->queue == "order-manager.order_events") {
        handle_order_event(*delivery);
      } else {
        broker_.acknowledge(*delivery);
      }
    }
  }
  if (portfolio_due_.due()) {
    publish("position-manager.portfolio_updated", {{"event_type", "portfolio_updated"}, {"calculated_at", naive_iso(Clock::now())}});
  }
  if (snapshot_due_.due()) {
    publish("position-manager.position_snapshot_created",
            {{"event_type", "position_snapshot_created"}, {"timestamp", zulu_iso(Clock::now())}});
  }
}

json PositionManager::health() {
  const auto count = http_database_.run("SELECT count(*) FROM positions WHERE size <> 0");
  const bool queue = queue_connected_ && !degraded_.on();
  return {{"status", count && queue ? "healthy" : "degraded"},
          {"service", "position-manager"},
          {"database_connected", count.has_value()},
          {"queue_connected", queue},
          {"positions_count", count ? static_cast<int>(count->number(0, 0)) : 0},
          {"validation_statistics", {{"total_validations", 0}, {"total_discrepancies", 0}, {"total_fixes", 0}, {"total_errors", 0}}}};
}

// Money as text, as the real one's decimals are.
void PositionManager::answer_portfolio(httplib::Response& response) {
  const auto rows = http_database_.run(
      "SELECT coalesce(sum(abs(size) * current_price), 0)::text, coalesce(sum(size * current_price), 0)::text,"
      " coalesce(sum(unrealized_pnl) FILTER (WHERE size <> 0), 0)::text, coalesce(sum(realized_pnl), 0)::text,"
      " count(*) FILTER (WHERE size <> 0), count(*) FILTER (WHERE size > 0), count(*) FILTER (WHERE size < 0) FROM positions");
  if (!rows) return answer(response, 500, {{"detail", "Failed to calculate portfolio metrics"}});
  answer(response, 200,
         {{"total_exposure_usdt", rows->text(0, 0)},
          {"net_exposure_usdt", rows->text(0, 1)},
          {"portfolio_value_usdt", rows->text(0, 1)},
          {"total_unrealized_pnl_usdt", rows->text(0, 2)},
          {"total_realized_pnl_usdt", rows->text(0, 3)},
          {"open_positions_count", static_cast<int>(rows->number(0, 4))},
          {"long_positions_count", static_cast<int>(rows->number(0, 5))},
          {"short_positions_count", static_cast<int>(rows->number(0, 6))}});
}

void PositionManager::add_routes(httplib::Server& server) {
  server.Get("/api/v1/portfolio", [this](const httplib::Request&, httplib::Response& response) { answer_portfolio(response); });
  server.Get("/api/v1/portfolio/pnl", [this](const httplib::Request&, httplib::Response& response) {
    const auto rows = http_database_.run(
        "SELECT coalesce(sum(unrealized_pnl) FILTER (WHERE size <> 0), 0), coalesce(sum(realized_pnl), 0)"
        " FROM positions");
    if (!rows) return answer(response, 500, {{"detail", "Internal server error"}});
    const double unrealized = rows->number(0, 0);
    const double realized = rows->number(0, 1);
    answer(response, 200,
           {{"total_unrealized_pnl_usdt", unrealized},
            {"total_realized_pnl_usdt", realized},
            {"total_pnl_usdt", unrealized + realized},
            {"calculated_at", naive_iso(Clock::now())}});
  });
}

bool PositionManager::needs_key(const std::string& path) const { return path.starts_with("/api/v1/"); }

void PositionManager::refuse(bool, httplib::Response& response) const { answer(response, 401, {{"detail", "Invalid or missing API key"}}); }

}  // namespace trading
