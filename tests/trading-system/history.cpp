// Written in one transaction by the same functions that write live rows, with ids from the seed: the same seed gives
// the same past, shifted to now.
#include "history.hpp"

#include "execution.hpp"
#include "log.hpp"
#include "order.hpp"
#include "signal.hpp"
#include "training.hpp"

namespace trading {

using namespace std::chrono_literals;

namespace {

constexpr int past_hours = 14 * 24;

class History {
 public:
  History(Database& database, const Settings& settings)
      : database_{database},
        settings_{settings},
        choices_{settings.seed, "history"},
        ids_{settings.seed, "history ids"},
        now_{Clock::now()} {}

  bool write() {
    for (std::size_t index = 0; index < settings_.strategies.size(); ++index) {
      if (!write_versions(settings_.strategies[index], std::chrono::seconds{137 * index})) return false;
    }
    if (!write_default_model() || !write_old_style_metrics()) return false;
    for (int hour = past_hours; hour > 0; --hour) {
      if (!write_hour(now_ - std::chrono::hours{hour})) return false;
    }
    return true;
  }

 private:
  // Five trainings per strategy, one of them not good enough to become active.
  bool write_versions(const std::string& strategy, std::chrono::seconds shift) {
    double accuracy = 0.755;
    int index = 0;
    for (const auto age : {310h, 240h, 170h, 96h, 20h}) {
      Training training{ids_.uuid(), strategy, now_ - age - shift, 0, accuracy, index > 0, index > 0};
      training.duration_s = 60 + static_cast<int>(choices_.index(300));
      if (index == 2) training.accuracy = 0.71;
      if (!write_training(database_, choices_, training)) return false;
      accuracy += 0.018;
      ++index;
    }
    return true;
  }

  bool write_default_model() {
    return write_training(database_, choices_, {ids_.uuid(), std::nullopt, now_ - 200h, 95, 0.761, false, true});
  }

  // Names that only old databases have, with the NaN that a CHECK lets through for this type.
  bool write_old_style_metrics() {
    return database_.write(
        "INSERT INTO model_quality_metrics (model_version_id, metric_name, metric_value, metric_type, evaluated_at)"
        " SELECT m.id, old.name, old.value::numeric, 'trading_performance', m.trained_at"
        " FROM (SELECT id, trained_at FROM model_versions ORDER BY trained_at LIMIT 1) m,"
        " (VALUES ('win_rate', '0.5417'), ('sharpe_ratio', 'NaN'), ('total_pnl', '-12.5')) old (name, value)");
  }

  bool write_hour(Time hour) {
    const Time time = hour + std::chrono::milliseconds{choices_.index(3'000'000)};
    const std::string& strategy = choices_.pick(settings_.strategies);
    const bool trained = unix_seconds(now_) - unix_seconds(time) < 309 * 3600;
    const auto version = trained ? active_version(strategy, time) : std::nullopt;
    const Signal signal = make_signal(choices_, ids_, strategy, version, time);
    const bool signal_lost = choices_.chance(0.05);
    if (!signal_lost && !write_signal(database_, signal)) return false;
    if (!signal_lost && choices_.chance(0.08)) return true;  // a signal that led to no order
    const Demand demand{signal.signal_id, signal.asset, signal.side, signal.amount, signal.trace_id};
    const Order order = finished_order(demand, time + 400ms);
    if (!write_order(database_, order)) return false;
    if (choices_.chance(0.9) && !write_relationship(database_, order)) return false;
    if (order.status != "filled" || order.fees.value_or(0) < 0 || choices_.chance(0.15)) return true;
    return write_event(signal, order, signal_lost);
  }

  std::optional<std::string> active_version(const std::string& strategy, Time time) {
    const auto rows = database_.run(
        "SELECT version FROM model_versions v WHERE strategy_id = $1 AND trained_at <= $2 AND EXISTS"
        " (SELECT FROM model_quality_metrics m WHERE m.model_version_id = v.id AND metric_name = 'accuracy'"
        " AND metric_value >= 0.75) ORDER BY trained_at DESC LIMIT 1",
        {strategy, sql_time(time)});
    if (!rows || rows->count() == 0) return std::nullopt;
    return rows->text(0, 0);
  }

  Order finished_order(const Demand& demand, Time time) {
    Order order = new_order(choices_, ids_, demand, time);
    const double draw = choices_.between(0, 1);
    if (draw < 0.18) return rejected(choices_, demand, std::move(order));
    if (draw < 0.23) return dry_run_of(ids_, std::move(order));
    if (draw < 0.40) {
      order.status = "cancelled";
      order.updated_at = time + std::chrono::seconds{60 + choices_.index(300)};
      if (choices_.chance(0.25)) {
        order.filled_quantity = order.quantity * choices_.between(0.1, 0.9);
        order.average_price = order.price.value_or(demand.amount / order.quantity);
      }
      return order;
    }
    if (draw < 0.42) {
      order.status = "rejected";  // refused by the exchange after it was placed: no reason is kept
      order.updated_at = time + 2s;
      return order;
    }
    fill(choices_, order, time + std::chrono::milliseconds{800 + choices_.index(90'000)});
    return order;
  }

  bool write_event(const Signal& signal, const Order& order, bool signal_lost) {
    const Execution execution{signal.signal_id,
                              signal_lost ? "unknown" : signal.strategy_id,
                              signal.asset,
                              signal.side,
                              *order.average_price,
                              order.filled_quantity,
                              order.fees.value_or(0),
                              sql_time(*order.executed_at),
                              signal_lost ? *order.average_price : signal.price,
                              sql_time(signal_lost ? order.created_at : signal.time)};
    const auto performance = performance_of(choices_, execution, settings_.pnl_share);
    if (!write_execution(database_, execution, performance)) return false;
    return !choices_.chance(0.03) || write_execution(database_, execution, performance);
  }

  Database& database_;
  const Settings& settings_;
  Random choices_;
  Random ids_;
  Time now_;
};

}  // namespace

bool ensure_history(Database& database, const Settings& settings) {
  const auto rows = database.run(
      "SELECT EXISTS (SELECT FROM trading_signals) OR EXISTS (SELECT FROM orders)"
      " OR EXISTS (SELECT FROM model_versions)");
  if (!rows) return false;
  if (rows->flag(0, 0)) return true;
  if (!database.write("BEGIN")) return false;
  if (!History{database, settings}.write()) {
    database.write("ROLLBACK");
    return false;
  }
  if (!database.write("COMMIT")) return false;
  log_line("two past weeks written");
  return true;
}

}  // namespace trading
