#include "answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
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
constexpr std::size_t looked_back_at_most = 5000;
constexpr double allowed_ahead = 60;

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
Table head(const World& world, const std::vector<T>& rows, double T::* time) {
  std::optional<double> found;
  for (const auto& row : rows) {
    if (row.*time <= world.now + allowed_ahead && row.*time > found.value_or(-1)) found = row.*time;
  }
  return {.columns = {"newest", "now", "ahead", "furthest"}, .rows = {{maybe(found), world.now, std::int64_t{0}, Value{}}}};
}

// The rows after a place, at most a chunk, and those before it from a time on.
template <typename T>
Table onward(const World& world, const std::vector<T>& rows, const SqlRequest& request, double T::* time, std::string T::* id,
             const std::vector<std::string>& columns, const std::function<Row(const T&)>& row_of) {
  const double place = real_at(request, 0);
  const auto after = request.parameters.size() > 2 ? request.parameters[1] : std::nullopt;
  const double look_back_to = real_at(request, request.parameters.size() - 1);
  std::vector<const T*> found, looked_back;
  for (const auto& row : rows) {
    if (row.*time > world.now + allowed_ahead) continue;
    if (row.*time > place || (row.*time == place && after && row.*id > *after)) found.push_back(&row);
    else if (row.*time >= look_back_to) looked_back.push_back(&row);
  }
  const auto order = [&](const T* row) { return std::tie(row->*time, row->*id); };
  std::ranges::sort(found, {}, order);
  std::ranges::sort(looked_back, std::greater{}, order);
  if (found.size() > chunk) found.resize(chunk);
  if (looked_back.size() > looked_back_at_most) looked_back.resize(looked_back_at_most);
  Table table{.columns = columns, .rows = {}};
  table.columns.insert(table.columns.end(), {"looked_back", "place_time", "place_id"});
  const auto add = [&](const std::vector<const T*>& all, bool back) {
    for (const auto* row : all) {
      table.rows.push_back(row_of(*row));
      table.rows.back().insert(table.rows.back().end(), {gateway::flag(back), row->*time, row->*id});
    }
  };
  add(found, false);
  add(looked_back, true);
  return table;
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

const std::vector<std::string> signal_columns{"signal_id", "time",       "strategy_id", "asset",         "side",
                                              "price",     "confidence", "kind",        "model_version", "is_warmup",
                                              "reasoning", "spread",     "volume_1m",   "volatility_1m", "trace_id"};

// All strategies in one step: there are few.
Table newest_of_each_strategy(const World& world) {
  std::map<std::string, std::vector<const SignalRow*>> of;
  for (const auto& s : world.signals) {
    if (s.time <= world.now + allowed_ahead) of[s.strategy_id].push_back(&s);
  }
  Table table{.columns = signal_columns, .rows = {}};
  table.columns.emplace_back("strategies");
  for (auto& [_, all] : of) {
    std::ranges::stable_sort(all, std::greater{}, &SignalRow::time);
    if (all.size() > list) all.resize(list);
    for (const auto* s : all) {
      table.rows.push_back(signal_row(*s));
      table.rows.back().emplace_back(static_cast<std::int64_t>(of.size()));
    }
  }
  return table;
}

Table signals(const World& world, const SqlRequest& request) {
  if (request.name == "head") return head(world, world.signals, &SignalRow::time);
  if (request.name == "pass") return newest_of_each_strategy(world);
  if (request.name == "onward")
    return onward<SignalRow>(world, world.signals, request, &SignalRow::time, &SignalRow::signal_id, signal_columns, signal_row);
  if (request.name != "held") throw std::logic_error("an unknown request of postgres.signals: " + request.name);
  Table table{.columns = signal_columns, .rows = {}};
  const auto keys = items(request.parameters.at(0).value());
  for (const auto& s : world.signals) {
    if (keys.contains(s.signal_id)) table.rows.push_back(signal_row(s));
  }
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

// A step back through the table: of the rows it looks at, newest first, those of closures that do not have their share yet. It ends with
// what it may bring at most.
Table walk(const World& world, const SqlRequest& request) {
  constexpr std::size_t looked_at = 5 * chunk;
  std::pair<double, std::string> before{std::numeric_limits<double>::infinity(), ""};
  std::map<std::string, double> since;
  const auto& given = request.parameters;
  for (std::size_t i = 0; i < given.size(); i += 2) {
    if (std::isdigit(static_cast<unsigned char>(given[i]->front())) != 0) before = {real_at(request, i), given.at(i + 1).value()};
    else since[*given[i]] = real_at(request, i + 1);
  }
  std::vector<const OrderRow*> step, wanted;
  for (const auto& o : world.orders) {
    if (key(&o) < before && o.created_at <= world.now + allowed_ahead) step.push_back(&o);
  }
  std::ranges::sort(step, std::greater{}, key);
  bool further = step.size() >= looked_at;
  if (further) step.resize(looked_at);
  for (const auto* o : step) {
    const auto limit = since.find(closure_of(*o));
    if (limit == since.end() || o->created_at >= limit->second) wanted.push_back(o);
  }
  if (wanted.size() >= chunk) {
    wanted.resize(chunk);
    further = true;
    step = wanted;
  }
  Table table{.columns = order_columns, .rows = {}};
  table.columns.insert(table.columns.end(), {"step_end", "step_end_id", "further"});
  const auto add = [&](Row row) {
    row.insert(row.end(), {step.back()->created_at, step.back()->id, gateway::flag(further)});
    table.rows.push_back(std::move(row));
  };
  for (const auto* o : wanted) add(order_row(world, *o));
  if (table.rows.empty() && !step.empty()) add(Row(order_columns.size()));
  return table;
}

Table orders(const World& world, const SqlRequest& request) {
  if (request.name == "head") return head(world, world.orders, &OrderRow::created_at);
  if (request.name == "pass") return walk(world, request);
  const auto row_of = [&](const OrderRow& o) { return order_row(world, o); };
  if (request.name == "onward")
    return onward<OrderRow>(world, world.orders, request, &OrderRow::created_at, &OrderRow::id, order_columns, row_of);
  if (request.name != "held") throw std::logic_error("an unknown request of postgres.orders: " + request.name);
  Table table{.columns = order_columns, .rows = {}};
  const auto keys = items(request.parameters.at(0).value());
  for (const auto& o : world.orders) {
    if (keys.contains(o.id)) table.rows.push_back(row_of(o));
  }
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

Table models(const World& world, const SqlRequest&) {
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
  if (request.name == "topics") {
    std::int64_t topics = 0, active = 0;
    std::optional<double> heard;
    for (const auto& s : world.subscriptions) {
      active += s.is_active ? 1 : 0;
      if (!s.is_active || !public_channels.contains(s.channel_type)) continue;
      ++topics;
      if (s.last_event_at && *s.last_event_at > heard.value_or(-1)) heard = s.last_event_at;
    }
    return {.columns = {"topics", "quiet_s", "newest", "now", "ahead", "active"},
            .rows = {{topics, heard ? Value{world.now - *heard} : Value{}, maybe(heard), world.now, std::int64_t{0}, active}}};
  }
  std::vector<const SubscriptionRow*> active, gone;
  Table table{.columns = {"subscription_id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at",
                          "cancelled_at", "last_event_at"},
              .rows = {}};
  if (request.name == "onward") {
    std::vector<SubscriptionChange> all;
    for (const auto& s : world.subscriptions) all.push_back({&s, s.is_active ? s.created_at : s.updated_at, s.id});
    return onward<SubscriptionChange>(world, all, request, &SubscriptionChange::time, &SubscriptionChange::id, table.columns,
                                      [](const SubscriptionChange& change) { return subscription_row(*change.row); });
  }
  if (request.name != "lists") throw std::logic_error("an unknown request of postgres.subscriptions: " + request.name);
  for (const auto& s : world.subscriptions) (s.is_active ? active : gone).push_back(&s);
  std::ranges::stable_sort(active, std::greater{}, &SubscriptionRow::created_at);
  std::ranges::stable_sort(gone, std::greater{}, &SubscriptionRow::updated_at);
  if (active.size() > 5000) active.resize(5000);
  if (gone.size() > 500) gone.resize(500);
  active.insert(active.end(), gone.begin(), gone.end());
  for (const auto* s : active) table.rows.push_back(subscription_row(*s));
  return table;
}

Table health(const World&, const SqlRequest&) { return {.columns = {"one"}, .rows = {{std::int64_t{1}}}}; }

// Of the sources that ask PostgreSQL.
using Rows = Table (*)(const World&, const SqlRequest&);

const std::map<std::string, Rows>& rows_by_source() {
  static const std::map<std::string, Rows> all{{"postgres.health", health}, {"postgres.signals", signals},
                                               {"postgres.orders", orders}, {"postgres.executions", executions},
                                               {"postgres.models", models}, {"postgres.subscriptions", subscriptions}};
  return all;
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

bool is_simulated(const gateway::Source& source) {
  return source.upstream == "postgres" ? rows_by_source().contains(source.name) : source.upstream != "rabbitmq";
}

Answer answer(const World& world, const gateway::Source& source, const gateway::Request& request) {
  if (const auto* sql = std::get_if<SqlRequest>(&request)) return rows_by_source().at(source.name)(world, *sql);
  return http(world, source);
}

}  // namespace history
