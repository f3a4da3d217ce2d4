// The part of the world that trades: signals, the orders they led to, and what the exchange executed. Signal n is made
// `signal_every_s` after signal n - 1; all else follows from n and the time at which one looks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "world.hpp"

namespace grafana {
namespace {

using gateway::Table;
using gateway::Value;

constexpr std::int64_t created_after_s = 1;

struct Ending {
  std::string status, closure;
  std::int64_t after_s = 0;  // of its creation
};

Ending ending(std::int64_t n, double age_s) {
  const auto ended = [&](const char* status, std::int64_t after_s) {
    return age_s >= static_cast<double>(after_s) ? Ending{status, status, after_s} : Ending{"pending", "open", after_s};
  };
  switch (n % 11) {
    case 0: return ended("rejected", 3);
    case 1: return ended("cancelled", 60);
    case 2: return {"dry_run", "dry_run", 0};
    case 3: return age_s < 7200 ? Ending{"partially_filled", "open", 7200} : Ending{"cancelled", "cancelled", 7200};
    default: return ended("filled", 8);
  }
}

const std::string& strategy(const World& world, std::int64_t n) {
  return world.names.strategies[static_cast<std::size_t>(n) % world.names.strategies.size()];
}
const std::string& asset(const World& world, std::int64_t n) {
  return world.names.assets[static_cast<std::size_t>(n / 3) % world.names.assets.size()];
}
std::string side(std::int64_t n) { return n % 2 == 0 ? "buy" : "sell"; }
double price(std::int64_t n) { return 100 + 20 * std::sin(static_cast<double>(n) / 40) + 0.01 * static_cast<double>(n % 97); }
double quantity(std::int64_t n) { return 0.05 + 0.01 * static_cast<double>(n % 13); }
double order_time(const World& world, std::int64_t n) { return signal_time(world, n) + static_cast<double>(created_after_s); }

bool is_executed(const World& world, std::int64_t n, std::int64_t at) {
  return has_order(n) && ending(n, static_cast<double>(at) - order_time(world, n)).closure == "filled";
}
double executed_at(const World& world, std::int64_t n) { return order_time(world, n) + 8; }
Value pnl(std::int64_t n) { return n % 3 == 0 ? Value{} : Value{5 * std::sin(static_cast<double>(n) / 7) + 0.5}; }

struct Sum {
  std::int64_t orders = 0, filled = 0, open = 0, pnl_orders = 0, successful = 0;
  double pnl = 0;
};

}  // namespace

double signal_time(const World& world, std::int64_t n) { return static_cast<double>(world.born_at + n * world.signal_every_s) + 0.125; }

std::vector<std::int64_t> newest_signals(const World& world, std::int64_t at, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  for (auto n = (at - world.born_at - 1) / world.signal_every_s; n >= 0 && count > 0; --n, --count) numbers.push_back(n);
  return numbers;
}

std::vector<std::int64_t> signals_since(const World& world, std::int64_t from, std::int64_t at) {
  const auto before = std::max<std::int64_t>(0, (from - world.born_at) / world.signal_every_s);
  auto numbers = newest_signals(world, at, std::max<std::int64_t>(0, (at - world.born_at) / world.signal_every_s - before + 1));
  std::ranges::reverse(numbers);
  return numbers;
}

bool has_order(std::int64_t n) { return n % 5 != 4; }
std::string signal_uuid(std::int64_t n) { return fmt::format("00000001-0000-4000-8000-{:012x}", n); }
std::string order_uuid(std::int64_t n) { return fmt::format("00000002-0000-4000-8000-{:012x}", n); }
std::int64_t number_of(const std::string& uuid) { return std::stoll(uuid.substr(uuid.size() - 12), nullptr, 16); }

Table signal_rows(const World& world, const std::vector<std::int64_t>& numbers) {
  Table table{.columns = {"signal_id", "time", "strategy_id", "asset", "side", "price", "confidence", "kind", "model_version", "is_warmup",
                          "reasoning", "spread", "volume_1m", "volatility_1m", "trace_id"},
              .rows = {}};
  for (const auto n : numbers) {
    const bool warmup = strategy(world, n) == world.names.strategies.back();
    const bool rule = !warmup && n % 9 == 8;
    const auto reasoning = world.names.reasonings[static_cast<std::size_t>(n) % world.names.reasonings.size()];
    table.rows.push_back({signal_uuid(n), signal_time(world, n), strategy(world, n), asset(world, n), side(n), price(n),
                          n % 17 == 16 ? Value{} : Value{0.5 + 0.004 * static_cast<double>(n % 100)},
                          std::string(warmup ? "warmup"
                                      : rule ? "rule"
                                             : "model"),
                          warmup || rule ? Value{} : Value{world.names.model_prefix + "1.1"}, gateway::flag(warmup), reasoning, 0.02,
                          n % 7 == 6 ? Value{} : Value{1234.5}, 0.013, fmt::format("trace-{}", n)});
  }
  return table;
}

Table order_rows(const World& world, const std::vector<std::int64_t>& numbers, std::int64_t at) {
  Table table{
      .columns = {"id", "order_id", "signal_id", "strategy_id", "time", "asset", "side", "order_type", "quantity", "price", "status",
                  "closure", "changed_at", "close_reason", "filled_quantity", "average_price", "fees", "executed_at", "is_dry_run"},
      .rows = {}};
  for (const auto n : numbers) {
    const auto created = order_time(world, n);
    if (!has_order(n) || created > static_cast<double>(at)) continue;
    const auto end = ending(n, static_cast<double>(at) - created);
    const bool filled = end.closure == "filled";
    const bool closed = filled || end.closure == "cancelled" || end.closure == "rejected";
    const bool explained = end.closure == "rejected" || (end.closure == "cancelled" && n % 2 == 0);
    const auto& reason = world.names.refusals[static_cast<std::size_t>(n) % world.names.refusals.size()];
    table.rows.push_back({order_uuid(n), fmt::format("exchange-{}", n), signal_uuid(n), strategy(world, n), created, asset(world, n),
                          side(n), std::string(n % 4 == 0 ? "Market" : "Limit"), quantity(n), n % 4 == 0 ? Value{} : Value{price(n)},
                          end.status, end.closure, closed ? created + static_cast<double>(end.after_s) : created,
                          explained ? Value{reason} : Value{}, filled ? quantity(n) : 0.0, filled ? Value{price(n) + 0.02} : Value{},
                          filled ? Value{0.01} : Value{}, filled ? Value{created + 8} : Value{}, gateway::flag(end.closure == "dry_run")});
  }
  return table;
}

Table execution_rows(const World& world, const std::vector<std::int64_t>& numbers, std::int64_t at) {
  Table table{
      .columns = {"event_id", "signal_id", "strategy_id", "asset", "side", "price", "quantity", "fees", "executed_at", "realized_pnl"},
      .rows = {}};
  for (const auto n : numbers) {
    if (!is_executed(world, n, at)) continue;
    table.rows.push_back({fmt::format("00000003-0000-4000-8000-{:012x}", n), signal_uuid(n), strategy(world, n), asset(world, n), side(n),
                          price(n) + 0.02, quantity(n), 0.01, executed_at(world, n), pnl(n)});
  }
  return table;
}

Table quality_rows(const World& world, const std::string& kind, std::int64_t from_hour, std::int64_t to_hour, std::int64_t at) {
  const bool orders = kind == "orders";
  std::map<std::pair<std::int64_t, std::string>, Sum> sums;
  for (const auto n : signals_since(world, from_hour - 3600, std::min(at, to_hour + 3600))) {
    const auto time = orders ? order_time(world, n) : executed_at(world, n);
    const auto hour = static_cast<std::int64_t>(time) / 3600 * 3600;
    if (hour < from_hour || hour >= to_hour || time > static_cast<double>(at) || !has_order(n)) continue;
    const auto end = ending(n, static_cast<double>(at) - order_time(world, n));
    if (end.closure == "dry_run" || (!orders && end.closure != "filled")) continue;
    auto& sum = sums[{hour, strategy(world, n)}];
    if (orders) {
      ++sum.orders;
      sum.filled += end.closure == "filled" ? 1 : 0;
      sum.open += end.closure == "open" ? 1 : 0;
    } else if (const auto won = gateway::number(pnl(n))) {
      ++sum.pnl_orders;
      sum.successful += *won > 0 ? 1 : 0;
      sum.pnl += *won;
    }
  }
  Table table{
      .columns = {"kind", "hour", "strategy_id", "orders", "filled_orders", "open_orders", "pnl_orders", "successful_orders", "pnl"},
      .rows = {}};
  for (const auto& [key, sum] : sums) {
    table.rows.push_back({kind, key.first, key.second, sum.orders, sum.filled, sum.open, sum.pnl_orders, sum.successful, sum.pnl});
  }
  return table;
}

}  // namespace grafana
