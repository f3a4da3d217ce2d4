#include "answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>
#include <tuple>

namespace history {
namespace {

using gateway::Answer;
using gateway::HttpAnswer;
using gateway::maybe;
using gateway::Row;
using gateway::SqlRequest;
using gateway::Table;
using gateway::Value;

constexpr std::size_t chunk = 5000, list = 200;

bool has(const SqlRequest& request, const char* word) { return request.sql.find(word) != std::string::npos; }
double real_at(const SqlRequest& request, std::size_t i) { return std::stod(request.parameters.at(i).value()); }

// Of `{"a","b"}`: ids hold neither quotes nor commas.
std::set<std::string> items(const std::string& array) {
  std::set<std::string> all;
  std::string item;
  for (const char c : array) {
    if (c == ',' || c == '}') {
      if (!item.empty()) all.insert(item);
      item.clear();
    } else if (c != '{' && c != '"') {
      item += c;
    }
  }
  return all;
}

template <typename T>
Table newest(const World& world, const std::vector<T>& rows, double T::* time) {
  std::optional<double> found;
  for (const auto& row : rows) {
    if (row.*time <= world.now && row.*time > found.value_or(-1)) found = row.*time;
  }
  return {.columns = {"newest", "now"}, .rows = {{maybe(found), world.now}}};
}

// The first rows from a time on, or after a row of that time with an id.
template <typename T>
std::vector<const T*> onward(const std::vector<T>& rows, const SqlRequest& request, double T::* time, std::string T::* id) {
  const double since = real_at(request, 0);
  const auto after = request.parameters.size() > 1 ? request.parameters[1] : std::nullopt;
  std::vector<const T*> found;
  for (const auto& row : rows) {
    if (row.*time > since || (row.*time == since && (!after || row.*id > *after))) found.push_back(&row);
  }
  std::ranges::sort(found, {}, [&](const T* row) { return std::tie(row->*time, row->*id); });
  auto end = chunk;
  while (has(request, "WITH TIES") && end < found.size() && found[end]->*time == found[chunk - 1]->*time) ++end;
  if (found.size() > end) found.resize(end);
  return found;
}

// Signals -------------------------------------------------------------------------------------------------------------

Row signal_row(const SignalRow& s) {
  const std::string kind = s.is_warmup ? "warmup" : s.model_version ? "model" : "rule";
  return {s.signal_id,
          s.time,
          s.strategy_id,
          s.asset,
          s.side,
          s.price,
          maybe(s.confidence),
          kind,
          maybe(s.model_version),
          gateway::flag(s.is_warmup),
          std::string("because"),
          0.1,
          1.0,
          0.01,
          Value{}};
}

Table signals(const World& world, const SqlRequest& request) {
  if (has(request, "max(timestamp)")) return newest(world, world.signals, &SignalRow::time);
  Table table{.columns = {"signal_id", "time", "strategy_id", "asset", "side", "price", "confidence", "kind", "model_version", "is_warmup",
                          "reasoning", "spread", "volume_1m", "volatility_1m", "trace_id"},
              .rows = {}};
  std::vector<const SignalRow*> found;
  if (has(request, "WITH RECURSIVE")) {
    std::map<std::string, std::vector<const SignalRow*>> of;
    for (const auto& s : world.signals) of[s.strategy_id].push_back(&s);
    for (auto& [_, all] : of) {
      std::ranges::stable_sort(all, std::greater{}, &SignalRow::time);
      if (all.size() > list) all.resize(list);
      found.insert(found.end(), all.begin(), all.end());
    }
  } else if (has(request, "timestamp >= to_timestamp($1")) {
    found = onward(world.signals, request, &SignalRow::time, &SignalRow::signal_id);
  } else {
    throw std::logic_error("an unknown request of postgres.signals: " + request.sql);
  }
  for (const auto* s : found) table.rows.push_back(signal_row(*s));
  return table;
}

// Orders --------------------------------------------------------------------------------------------------------------

const std::vector<std::string> order_columns{"id",         "order_id",     "signal_id",       "strategy_id",   "time",   "asset",
                                             "side",       "order_type",   "quantity",        "price",         "status", "closure",
                                             "changed_at", "close_reason", "filled_quantity", "average_price", "fees",   "executed_at",
                                             "is_dry_run"};

Row order_row(const World& world, const OrderRow& o) {
  const auto signal = world.signal_by_id.find(o.signal_id);
  const Value strategy = signal == world.signal_by_id.end() ? Value{} : Value{world.signals[signal->second].strategy_id};
  const double changed = o.status == "filled" ? o.executed_at.value_or(o.updated_at) : o.updated_at;
  const std::string side = o.side == "Buy" ? "buy" : "sell";
  return {o.id,
          o.order_id,
          o.signal_id,
          strategy,
          o.created_at,
          o.asset,
          side,
          o.order_type,
          o.quantity,
          maybe(o.price),
          o.status,
          closure_of(o),
          changed,
          maybe(o.rejection_reason),
          o.filled_quantity,
          maybe(o.average_price),
          maybe(o.fees),
          maybe(o.executed_at),
          gateway::flag(o.is_dry_run)};
}

std::pair<double, std::string> key(const OrderRow* o) { return {o->created_at, o->id}; }

// A step back through the table: its rows, newest first, of which those travel that can be shown.
Table walk(const World& world, const SqlRequest& request) {
  std::pair<double, std::string> before{std::numeric_limits<double>::infinity(), ""};
  if (!request.parameters.empty()) before = {real_at(request, 0), request.parameters.at(1).value()};
  std::vector<const OrderRow*> step;
  for (const auto& o : world.orders) {
    if (key(&o) < before) step.push_back(&o);
  }
  std::ranges::sort(step, std::greater{}, key);
  if (step.size() > chunk) step.resize(chunk);
  Table table{.columns = order_columns, .rows = {}};
  table.columns.insert(table.columns.end(), {"step_rows", "step_end_id", "step_end"});
  std::map<std::string, std::size_t> rank;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const auto closure = closure_of(*step[i]);
    if (++rank[closure] > list && closure != "open" && i >= list) continue;
    auto row = order_row(world, *step[i]);
    row.insert(row.end(), {static_cast<std::int64_t>(step.size()), step.back()->id, step.back()->created_at});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table orders(const World& world, const SqlRequest& request) {
  if (has(request, "max(created_at)")) return newest(world, world.orders, &OrderRow::created_at);
  if (has(request, "step_rows")) return walk(world, request);
  Table table{.columns = order_columns, .rows = {}};
  if (has(request, "= ANY($1")) {
    const auto keys = items(request.parameters.at(0).value());
    for (const auto& o : world.orders) {
      if (keys.contains(o.id)) table.rows.push_back(order_row(world, o));
    }
    return table;
  }
  if (!has(request, "created_at >= to_timestamp($1")) throw std::logic_error("an unknown request of postgres.orders: " + request.sql);
  for (const auto* o : onward(world.orders, request, &OrderRow::created_at, &OrderRow::id)) table.rows.push_back(order_row(world, *o));
  return table;
}

// The other tables ----------------------------------------------------------------------------------------------------

Table executions(const World& world, const SqlRequest& request) {
  const auto wanted = items(request.parameters.at(0).value());
  std::vector<const ExecutionRow*> all;
  for (const auto& e : world.executions) all.push_back(&e);
  std::ranges::stable_sort(all, std::greater{}, &ExecutionRow::executed_at);
  Table table{
      .columns = {"event_id", "signal_id", "strategy_id", "asset", "side", "price", "quantity", "fees", "executed_at", "realized_pnl"},
      .rows = {}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& e = *all[i];
    if (i >= list && !wanted.contains(e.signal_id)) continue;
    table.rows.push_back(
        {e.id, e.signal_id, e.strategy_id, e.asset, e.side, e.price, e.quantity, e.fees, e.executed_at, maybe(e.realized_pnl)});
  }
  return table;
}

Table models(const World& world) {
  constexpr std::size_t most = 500;
  std::vector<const VersionRow*> all;
  for (const auto& v : world.versions) all.push_back(&v);
  std::ranges::stable_sort(all, std::greater{}, &VersionRow::trained_at);
  Table table{.columns = {"version", "strategy_id", "model_type", "trained_at", "training_duration_s", "training_dataset_size", "is_active",
                          "is_first", "accuracy", "precision", "recall", "f1_score", "roc_auc", "metrics_split"},
              .rows = {}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& v = *all[i];
    if (i >= most && !v.is_active) continue;
    const bool first = std::ranges::none_of(all, [&](const auto* o) {
      return o->strategy_id == v.strategy_id && std::tie(o->trained_at, o->id) < std::tie(v.trained_at, v.id);
    });
    table.rows.push_back({v.version, v.strategy_id.value_or("(default)"), std::string("xgboost"), v.trained_at, maybe(v.duration_s),
                          std::int64_t{1000}, gateway::flag(v.is_active), gateway::flag(first), maybe(v.accuracy), Value{}, Value{},
                          Value{}, Value{}, v.accuracy ? Value{std::string("test")} : Value{}});
  }
  return table;
}

const std::set<std::string> public_channels{"trades", "ticker", "orderbook", "kline", "liquidation", "funding"};

Row subscription_row(const SubscriptionRow& s) {
  return {s.id,
          s.channel_type,
          maybe(s.symbol),
          s.topic,
          s.requesting_service,
          gateway::flag(s.is_active),
          s.created_at,
          s.is_active ? Value{} : Value{s.updated_at},
          maybe(s.last_event_at)};
}

struct SubscriptionChange {
  const SubscriptionRow* row;
  double time;
  std::string id;
};

Table subscriptions(const World& world, const SqlRequest& request) {
  if (has(request, "AS quiet_s")) {
    std::int64_t topics = 0;
    std::optional<double> heard;
    for (const auto& s : world.subscriptions) {
      if (!s.is_active || !public_channels.contains(s.channel_type)) continue;
      ++topics;
      if (s.last_event_at && *s.last_event_at > heard.value_or(-1)) heard = s.last_event_at;
    }
    return {.columns = {"topics", "quiet_s", "newest", "now"},
            .rows = {{topics, heard ? Value{world.now - *heard} : Value{}, maybe(heard), world.now}}};
  }
  std::vector<const SubscriptionRow*> active, gone;
  Table table{.columns = {"subscription_id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at",
                          "cancelled_at", "last_event_at"},
              .rows = {}};
  if (has(request, "changed_at >= to_timestamp($1")) {
    table.columns.emplace_back("time");
    std::vector<SubscriptionChange> all;
    for (const auto& s : world.subscriptions) all.push_back({&s, s.is_active ? s.created_at : s.updated_at, s.id});
    for (const auto* change : onward(all, request, &SubscriptionChange::time, &SubscriptionChange::id)) {
      table.rows.push_back(subscription_row(*change->row));
      table.rows.back().emplace_back(change->time);
    }
    return table;
  }
  if (!has(request, "LIMIT 5000") || !has(request, "LIMIT 500)") || !request.parameters.empty()) {
    throw std::logic_error("an unknown request of postgres.subscriptions: " + request.sql);
  }
  for (const auto& s : world.subscriptions) (s.is_active ? active : gone).push_back(&s);
  std::ranges::stable_sort(active, std::greater{}, &SubscriptionRow::created_at);
  std::ranges::stable_sort(gone, std::greater{}, &SubscriptionRow::updated_at);
  if (active.size() > 5000) active.resize(5000);
  if (gone.size() > 500) gone.resize(500);
  active.insert(active.end(), gone.begin(), gone.end());
  for (const auto* s : active) table.rows.push_back(subscription_row(*s));
  return table;
}

Table rows(const World& world, const gateway::Source& source, const SqlRequest& request) {
  if (source.name == "postgres.health") return {.columns = {"one"}, .rows = {{std::int64_t{1}}}};
  if (source.name == "postgres.signals") return signals(world, request);
  if (source.name == "postgres.orders") return orders(world, request);
  if (source.name == "postgres.executions") return executions(world, request);
  if (source.name == "postgres.models") return models(world);
  if (source.name == "postgres.subscriptions") return subscriptions(world, request);
  if (source.name == "postgres.dataset_builds")
    return {.columns = {"id", "symbol", "status", "created_at", "completed_at", "error"}, .rows = {}};  // they make no events
  throw std::logic_error("no rows for " + source.name);
}

HttpAnswer http(const World& world, const gateway::Source& source) {
  if (source.name == "model-service.training") {
    return {.status = 200,
            .body = fmt::format(R"({{"is_training":{},"queue_size":0,"pending_dataset_builds":0}})", world.training() != nullptr),
            .latency_ms = 1};
  }
  const auto says = world.services.at(source.upstream).now();
  auto body = fmt::format(R"({{"status":"{}","service":"{}")", says, source.upstream);
  if (source.upstream == "ws-gateway" && !world.private_connection.now().empty())
    body += fmt::format(R"(,"websocket_status":"{}")", world.private_connection.now());
  return {.status = 200, .body = body + "}", .latency_ms = 1};
}

}  // namespace

const gateway::Catalogue& full_catalogue() {
  static const auto catalogue = [] {
    using enum gateway::Catalogue::Access;
    gateway::Catalogue all;
    const auto table = [&](const char* name, std::initializer_list<const char*> columns) {
      for (const auto* column : columns) all.tables[name][column] = readable;
    };
    table("trading_signals", {"id", "signal_id", "strategy_id", "asset", "side", "price", "confidence", "timestamp", "model_version",
                              "is_warmup", "market_data_snapshot", "metadata", "trace_id", "created_at"});
    table("orders", {"id", "order_id", "signal_id", "asset", "side", "order_type", "quantity", "price", "status", "filled_quantity",
                     "average_price", "fees", "created_at", "updated_at", "executed_at", "trace_id", "is_dry_run", "rejection_reason"});
    table("execution_events", {"id", "signal_id", "strategy_id", "asset", "side", "execution_price", "execution_quantity", "execution_fees",
                               "executed_at", "signal_price", "signal_timestamp", "performance", "created_at"});
    table("model_versions",
          {"id", "version", "strategy_id", "model_type", "trained_at", "training_duration_seconds", "training_dataset_size", "is_active"});
    table("datasets", {"id", "symbol", "status", "created_at", "completed_at", "error_message"});
    table("model_quality_metrics", {"id", "model_version_id", "metric_name", "metric_value", "metric_type", "evaluated_at", "metadata"});
    table("subscriptions",
          {"id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at", "updated_at", "last_event_at"});
    return all;
  }();
  return catalogue;
}

Answer answer(const World& world, const gateway::Source& source, const gateway::Request& request) {
  if (const auto* sql = std::get_if<SqlRequest>(&request)) return rows(world, source, *sql);
  return http(world, source);
}

}  // namespace history
