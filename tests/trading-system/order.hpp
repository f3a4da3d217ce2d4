// Orders as order-manager stores and announces them. Sides are Buy and SELL here, whatever the signal said; fees may be
// missing or negative (a maker's rebate); a refused signal has an order of its own that never reached the exchange.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "clock.hpp"
#include "database.hpp"
#include "random.hpp"

namespace trading {

struct Order {
  std::string id;
  std::string order_id;
  std::string signal_id;
  std::string asset;
  std::string side;
  std::string order_type;
  double quantity = 0;
  std::optional<double> price;
  std::string status = "pending";
  double filled_quantity = 0;
  std::optional<double> average_price;
  std::optional<double> fees;
  Time created_at;
  Time updated_at;
  std::optional<Time> executed_at;
  std::string trace_id;
  bool is_dry_run = false;
  std::optional<std::string> rejection_reason;
};

// What a signal asks for; `amount` in quote currency.
struct Demand {
  std::string signal_id;
  std::string asset;
  std::string side;
  double amount = 0;
  std::string trace_id;
};

Order new_order(Random& choices, Random& ids, const Demand& demand, Time time);
Order dry_run_of(Random& ids, Order order);
Order rejected(Random& choices, const Demand& demand, Order order);

// Price and fees of a fill; 0.06 % as a taker, now and then unknown or a rebate.
void fill(Random& choices, Order& order, Time time);

bool write_order(Database& database, const Order& order);
// A best effort of its own: some orders never get one.
bool write_relationship(Database& database, const Order& order);

nlohmann::json order_event(const std::string& event_type, const Order& order);

}  // namespace trading
