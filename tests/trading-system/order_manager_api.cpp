// order-manager's answers. Its decimals are strings, zero may be "0E-8", its times end in Z, and the list of orders
// does not have the reason of a refusal.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "order_manager.hpp"
#include "refusals.hpp"

namespace trading {

using nlohmann::json;

namespace {

json python_decimal(const Rows& rows, int row, int column) {
  if (rows.null(row, column)) return nullptr;
  const std::string text = rows.text(row, column);
  return text == "0.00000000" ? "0E-8" : text;
}

json zulu(const Rows& rows, int row, int column) {
  if (rows.null(row, column)) return nullptr;
  return iso_from_sql(rows.text(row, column)) + "Z";
}

json item(const Rows& rows, int row) {
  return {{"id", rows.text(row, 0)},
          {"order_id", rows.text(row, 1)},
          {"signal_id", rows.text(row, 2)},
          {"asset", rows.text(row, 3)},
          {"side", rows.text(row, 4)},
          {"order_type", rows.text(row, 5)},
          {"quantity", python_decimal(rows, row, 6)},
          {"price", python_decimal(rows, row, 7)},
          {"status", rows.text(row, 8)},
          {"filled_quantity", python_decimal(rows, row, 9)},
          {"average_price", python_decimal(rows, row, 10)},
          {"fees", python_decimal(rows, row, 11)},
          {"created_at", zulu(rows, row, 12)},
          {"updated_at", zulu(rows, row, 13)},
          {"executed_at", zulu(rows, row, 14)},
          {"trace_id", rows.null(row, 15) ? json(nullptr) : json(rows.text(row, 15))},
          {"is_dry_run", rows.flag(row, 16)}};
}

int number_between(const httplib::Request& request, const char* name, int fallback, int low, int high) {
  if (!request.has_param(name)) return fallback;
  return std::clamp(std::atoi(request.get_param_value(name).c_str()), low, high);
}

}  // namespace

json OrderManager::health() {
  const bool database = http_database_.answers();
  const bool queue = queue_seen_;  // it does not notice when a broker goes
  return {{"status", database && queue ? "healthy" : "unhealthy"},
          {"service", "order-manager"},
          {"database_connected", database},
          {"queue_connected", queue},
          {"timestamp", zulu_iso(Clock::now())}};
}

json OrderManager::dependencies() {
  return {{"database", http_database_.answers() ? "available" : "unavailable"},
          {"rabbitmq", queue_seen_ ? "available" : "unavailable"},
          {"bybit_api", "available"},
          {"ws_gateway", "unknown"}};
}

void OrderManager::list_orders(const httplib::Request& request, httplib::Response& response) {
  std::string where = " WHERE true";
  Parameters parameters;
  for (const char* name : {"asset", "status", "order_id"}) {
    if (!request.has_param(name)) continue;
    parameters.emplace_back(request.get_param_value(name));
    where += fmt::format(" AND {} = ${}", name, parameters.size());
  }
  const int page = number_between(request, "page", 1, 1, 1'000'000);
  const int size = number_between(request, "page_size", 20, 1, 100);
  const auto total = http_database_.run("SELECT count(*) FROM orders" + where, parameters);
  const auto rows = http_database_.run(
      "SELECT id, order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity,"
      " average_price, fees, created_at, updated_at, executed_at, trace_id, is_dry_run FROM orders" +
          where + fmt::format(" ORDER BY created_at DESC LIMIT {} OFFSET {}", size, (page - 1) * size),
      parameters);
  if (!total || !rows) {
    return answer(response, 500,
                  {{"error", {{"type", "InterfaceError"}, {"message", "Internal server error"}, {"trace_id", nullptr}}},
                   {"timestamp", zulu_iso(Clock::now())}});
  }
  json orders = json::array();
  for (int row = 0; row < rows->count(); ++row) orders.push_back(item(*rows, row));
  const int items = static_cast<int>(total->number(0, 0));
  answer(response, 200,
         {{"orders", orders},
          {"pagination", {{"page", page}, {"page_size", size}, {"total_items", items}, {"total_pages", (items + size - 1) / size}}}});
}

void OrderManager::add_routes(httplib::Server& server) {
  server.Get("/live", [](const httplib::Request&, httplib::Response& response) {
    answer(response, 200, {{"status", "healthy"}, {"timestamp", zulu_iso(Clock::now())}});
  });
  server.Get("/ready", [this](const httplib::Request&, httplib::Response& response) {
    const json found = dependencies();
    const bool ready = found["database"] == "available" && found["rabbitmq"] == "available";
    answer(response, ready ? 200 : 503,
           {{"status", ready ? "ready" : "not_ready"}, {"dependencies", found}, {"timestamp", zulu_iso(Clock::now())}});
  });
  server.Get("/api/v1/orders", [this](const httplib::Request& request, httplib::Response& response) { list_orders(request, response); });
}

bool OrderManager::needs_key(const std::string& path) const { return path.starts_with("/api"); }

void OrderManager::refuse(bool key_given, httplib::Response& response) const {
  refuse_with_401(response, key_given, key_given ? "invalid_api_key" : "missing_api_key");
}

}  // namespace trading
