// ws-gateway's work and answers. Without a market process it takes the prices of its own; with one, the exchange is
// lost when that process is: the private connection reconnects and nothing arrives any more.
#include "ws_gateway.hpp"

#include <fmt/format.h>

#include "prices.hpp"
#include "refusals.hpp"
#include "subscriptions.hpp"

namespace trading {

using nlohmann::json;
using enum QueueUse::Kind;

WsGateway::WsGateway(const Settings& settings, std::stop_token stop)
    : Service{settings,
              stop,
              {{"ws-gateway.trade", bounded},
               {"ws-gateway.ticker", bounded},
               {"ws-gateway.orderbook", bounded},
               {"ws-gateway.kline", bounded},
               {"ws-gateway.funding", bounded},
               {"ws-gateway.order", bounded},
               {"ws-gateway.position", bounded},
               {"ws-gateway.balance", bounded},
               {"ws-gateway.liquidation", bounded}}},
      reconnecting_{settings.disturb_every, settings.disturb_for},
      closed_in_silence_{settings.quirk_every, settings.quirk_for} {}

bool WsGateway::exchange_answers() {
  if (settings_.market_port == 0) return true;
  httplib::Client market{"127.0.0.1", settings_.market_port};
  market.set_connection_timeout(0, 300'000);
  market.set_read_timeout(0, 300'000);
  const auto result = market.Get("/v5/market/tickers");
  return result && result->status == 200;
}

void WsGateway::refresh_topics() {
  const auto rows = database_.run("SELECT DISTINCT topic FROM subscriptions WHERE is_active");
  if (!rows) return;  // what the exchange was asked for does not change because the database is away
  topics_.clear();
  for (int row = 0; row < rows->count(); ++row) topics_.insert(rows->text(row, 0));
}

std::vector<std::string> WsGateway::publish_public_events() {
  std::vector<std::string> seen;
  const Time now = Clock::now();
  auto event = [&](const std::string& type, const std::string& topic, json data) {
    if (!topics_.contains(topic)) return;
    publish(
        "ws-gateway." + type,
        {{"event_id", ids_.uuid()}, {"event_type", type}, {"topic", topic}, {"timestamp", naive_iso(now)}, {"payload", std::move(data)}});
    seen.push_back(topic);
  };
  const bool slow = slow_events_due_.due();
  for (const std::string& asset : assets()) {
    const double price = market_price(asset, now);
    event("ticker", "tickers." + asset, {{"symbol", asset}, {"lastPrice", decimal(price)}});
    if (choices_.chance(0.6)) {
      event("trade", "publicTrade." + asset,
            {{"symbol", asset}, {"price", decimal(price)}, {"side", choices_.chance(0.5) ? "Buy" : "Sell"}});
    }
    if (choices_.chance(0.5)) {
      event("orderbook", "orderbook.1." + asset, {{"symbol", asset}, {"bid", decimal(price * 0.9999)}, {"ask", decimal(price * 1.0001)}});
    }
    if (slow) event("kline", "kline.1." + asset, {{"symbol", asset}, {"close", decimal(price)}});
  }
  if (funding_due_.due()) event("funding", "fundingRate.BTCUSDT", {{"symbol", "BTCUSDT"}, {"rate", "0.0001"}});
  if (choices_.chance(0.05)) event("liquidation", "liquidation", {{"symbol", choices_.pick(assets())}});
  return seen;
}

std::vector<std::string> WsGateway::publish_private_events() {
  if (!private_connected_ || !private_events_due_.due()) return {};
  const json message{{"event_id", ids_.uuid()}, {"timestamp", naive_iso(Clock::now())}};
  for (const char* type : {"order", "position", "balance"}) {
    json typed = message;
    typed["event_type"] = type;
    publish(fmt::format("ws-gateway.{}", type), typed);
  }
  return {"order", "position", "wallet"};
}

void WsGateway::write_balances() {
  const double frozen = choices_.between(0, 900);
  database_.write(
      "INSERT INTO account_balances (coin, wallet_balance, available_balance, frozen, event_timestamp, equity,"
      " usd_value) VALUES ('USDT', $1::numeric + $2::numeric, $1, $2, now(), $1::numeric + $2::numeric, $1),"
      " ('SOL', 0, 0, 0, now(), NULL, NULL)",
      {decimal(choices_.between(8000, 9000)), decimal(frozen)});
}

void WsGateway::work() {
  if (!subscribed_) subscribed_ = may_write() && ensure_subscriptions(database_);
  if (topics_due_.due()) refresh_topics();
  if (subscribed_) database_seen_ = true;
  if (broker_.ever_connected()) queue_seen_ = true;
  const bool exchange = exchange_answers();
  private_connected_ = exchange && !reconnecting_.on() && control_.flag("websocket_connected", true) &&
                       control_.text("websocket_status").value_or("connected") == "connected";
  if (!exchange) return;
  std::vector<std::string> marks = publish_public_events();
  // As the real one: a private socket that the exchange closes in good order stays `connected` for ever.
  const bool silent = closed_in_silence_.on() || control_.flag("closed_in_silence", false);
  const std::vector<std::string> private_marks = silent ? std::vector<std::string>{} : publish_private_events();
  marks.insert(marks.end(), private_marks.begin(), private_marks.end());
  if (!subscribed_ || !may_write()) return;
  if (!marks.empty()) mark_events(database_, marks);
  if (private_connected_ && !silent && balances_due_.due()) write_balances();
  if (change_due_.due()) change_a_subscription(database_, choices_);
}

json WsGateway::health() {
  const bool connected = private_connected_;
  const auto count = http_database_.run("SELECT count(*) FROM subscriptions WHERE is_active");
  json body{{"status", database_seen_ && queue_seen_ ? "healthy" : "unhealthy"},
            {"service", "ws-gateway"},
            {"websocket_connected", control_.flag("websocket_connected", connected)},
            {"websocket_status", control_.text("websocket_status").value_or(connected ? "connected" : "reconnecting")},
            {"database_connected", database_seen_.load()},
            {"queue_connected", queue_seen_.load()},
            {"active_subscriptions", count ? static_cast<int>(count->number(0, 0)) : 0}};
  if (const auto nested = control_.object("websocket_state")) body["websocket_state"] = *nested;
  return body;
}

void WsGateway::list_subscriptions(const httplib::Request& request, httplib::Response& response) {
  std::string sql = std::string{"SELECT "} + subscription_columns + " FROM subscriptions WHERE true";
  Parameters parameters;
  for (const char* name : {"requesting_service", "is_active", "channel_type"}) {
    if (!request.has_param(name)) continue;
    parameters.emplace_back(request.get_param_value(name));
    sql += fmt::format(" AND {} = ${}", name, parameters.size());
  }
  const auto rows = http_database_.run(sql, parameters);
  if (!rows) return answer_unhandled_text(response);
  json list = json::array();
  for (int row = 0; row < rows->count(); ++row) list.push_back(subscription_item(*rows, row));
  answer(response, 200, {{"subscriptions", list}, {"total", rows->count()}});
}

void WsGateway::add_routes(httplib::Server& server) {
  server.Get("/api/v1/subscriptions",
             [this](const httplib::Request& request, httplib::Response& response) { list_subscriptions(request, response); });
  server.Get(R"(/api/v1/subscriptions/([0-9a-f-]{36}))", [this](const httplib::Request& request, httplib::Response& response) {
    const auto rows = http_database_.run(std::string{"SELECT "} + subscription_columns + " FROM subscriptions WHERE id::text = $1",
                                         {request.matches[1].str()});
    if (!rows) return answer_unhandled_text(response);
    if (rows->count() == 1) return answer(response, 200, subscription_item(*rows, 0));
    answer(response, 404, {{"detail", {{"error", "Subscription not found"}, {"code", "SUBSCRIPTION_NOT_FOUND"}, {"details", nullptr}}}});
  });
}

bool WsGateway::needs_key(const std::string& path) const { return path.starts_with("/api"); }

void WsGateway::refuse(bool key_given, httplib::Response& response) const {
  refuse_with_401(response, key_given, "invalid_or_missing_api_key");
}

}  // namespace trading
