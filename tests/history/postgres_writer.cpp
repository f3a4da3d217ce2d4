#include "postgres_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "../integration/support/reader.hpp"

namespace history {
namespace {

using integration::quoted;

std::string at(double time) { return fmt::format("to_timestamp({:.6f}) AT TIME ZONE 'UTC'", time); }
std::string at(const std::optional<double>& time) { return time ? at(*time) : "NULL"; }
std::string number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "NULL"; }
std::string word(const std::optional<std::string>& value) { return value ? quoted(*value) : "NULL"; }

std::string values(const SignalRow& s) {
  return fmt::format(
      R"(('{}', '{}', '{}', '{}', {}, {}, {}, {}, {}, '{{"spread": 0.1, "volume_24h": 1, "volatility": 0.01}}', '{{"reasoning": "because"}}'))",
      s.signal_id, s.strategy_id, s.asset, s.side, s.price, number(s.confidence), at(s.time), word(s.model_version), s.is_warmup);
}

std::string values(const OrderRow& o) {
  return fmt::format("('{}', '{}', '{}', '{}', '{}', '{}', {}, {}, '{}', {}, {}, {}, {}, {}, {}, {}, {})", o.id, o.order_id, o.signal_id,
                     o.asset, o.side, o.order_type, o.quantity, number(o.price), o.status, o.filled_quantity, number(o.average_price),
                     number(o.fees), at(o.created_at), at(o.updated_at), at(o.executed_at), o.is_dry_run, word(o.rejection_reason));
}

std::string values(const ExecutionRow& e) {
  return fmt::format(R"(('{}', '{}', '{}', '{}', '{}', {}, {}, {}, {}, 50000, {}, '{{"realized_pnl": {}}}'))", e.id, e.signal_id,
                     e.strategy_id, e.asset, e.side, e.price, e.quantity, e.fees, at(e.executed_at), at(e.executed_at),
                     e.realized_pnl ? fmt::format("{}", *e.realized_pnl) : "null");
}

std::string values(const VersionRow& v) {
  return fmt::format("('{}', '{}', '/models/{}', 'xgboost', {}, {}, {}, 1000, {})", v.id, v.version, v.version, word(v.strategy_id),
                     at(v.trained_at), v.duration_s ? std::to_string(*v.duration_s) : "NULL", v.is_active);
}

std::string values(const SubscriptionRow& s) {
  return fmt::format("('{}', '{}', {}, '{}', '{}', {}, {}, {}, {})", s.id, s.channel_type, word(s.symbol), s.topic, s.requesting_service,
                     s.is_active, at(s.created_at), at(s.updated_at), at(s.last_event_at));
}

// New rows; rows are only ever added behind those there are.
template <typename T>
void insert(std::string& sql, const char* into, const std::vector<T>& rows, std::size_t from) {
  if (from >= rows.size()) return;
  std::vector<std::string> all;
  for (std::size_t i = from; i < rows.size(); ++i) all.push_back(values(rows[i]));
  sql += fmt::format("INSERT INTO {} VALUES {};\n", into, fmt::join(all, ", "));
}

bool changed(const OrderRow& a, const OrderRow& b) { return a.status != b.status || a.updated_at != b.updated_at; }
bool changed(const VersionRow& a, const VersionRow& b) { return a.is_active != b.is_active; }
bool changed(const SubscriptionRow& a, const SubscriptionRow& b) { return a.is_active != b.is_active || a.updated_at != b.updated_at; }

std::string change(const OrderRow& o) {
  return fmt::format(
      "UPDATE orders SET status = '{}', filled_quantity = {}, average_price = {}, updated_at = {}, executed_at = {} WHERE id = '{}';\n",
      o.status, o.filled_quantity, number(o.average_price), at(o.updated_at), at(o.executed_at), o.id);
}
std::string change(const VersionRow& v) {
  return fmt::format("UPDATE model_versions SET is_active = {} WHERE id = '{}';\n", v.is_active, v.id);
}
std::string change(const SubscriptionRow& s) {
  return fmt::format("UPDATE subscriptions SET is_active = {}, updated_at = {}, last_event_at = {} WHERE id = '{}';\n", s.is_active,
                     at(s.updated_at), at(s.last_event_at), s.id);
}

template <typename T>
void update(std::string& sql, const std::vector<T>& rows, const std::vector<T>& before) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (changed(before[i], rows[i])) sql += change(rows[i]);
  }
}

}  // namespace

void PostgresWriter::write(const World& world) {
  std::string sql = "BEGIN;\n";
  update(sql, world.orders, written_.orders);
  update(sql, world.versions, written_.versions);
  update(sql, world.subscriptions, written_.subscriptions);
  insert(sql,
         "trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version, is_warmup, "
         "market_data_snapshot, metadata)",
         world.signals, written_.signals.size());
  insert(sql,
         "orders (id, order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity, average_price, fees, "
         "created_at, updated_at, "
         "executed_at, is_dry_run, rejection_reason)",
         world.orders, written_.orders.size());
  insert(sql,
         "execution_events (id, signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, executed_at, "
         "signal_price, "
         "signal_timestamp, performance)",
         world.executions, written_.executions.size());
  insert(sql,
         "model_versions (id, version, file_path, model_type, strategy_id, trained_at, training_duration_seconds, training_dataset_size, "
         "is_active)",
         world.versions, written_.versions.size());
  for (auto i = written_.versions.size(); i < world.versions.size(); ++i) {
    const auto& v = world.versions[i];
    if (!v.accuracy) continue;
    sql += fmt::format(
        "INSERT INTO model_quality_metrics (model_version_id, metric_name, metric_value, metric_type, metadata) VALUES ('{}', 'accuracy', "
        "{}, "
        "'classification', '{{\"dataset_split\": \"test\"}}');\n",
        v.id, *v.accuracy);
  }
  insert(sql, "subscriptions (id, channel_type, symbol, topic, requesting_service, is_active, created_at, updated_at, last_event_at)",
         world.subscriptions, written_.subscriptions.size());
  session_.run(sql + "COMMIT;");
  written_ = world;
}

}  // namespace history
