// The four shapes of a signal's metadata, with the keys each of them really has.
#include "signal.hpp"

#include <fmt/format.h>

#include <cmath>

#include "prices.hpp"
#include "texts.hpp"

namespace trading {

using nlohmann::json;

namespace {

SignalKind kind_by_chance(Random& choices, bool has_model) {
  if (!has_model) return SignalKind::warmup;
  const double draw = choices.between(0, 1);
  if (draw < 0.80) return SignalKind::model;
  if (draw < 0.88) return SignalKind::take_profit;
  if (draw < 0.95) return SignalKind::exit_rule;
  return SignalKind::warmup;
}

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

json snapshot_of(Random& choices, double price) {
  json snapshot{{"price", rounded(price, 1e4)},
                {"spread", rounded(price * choices.between(0.00002, 0.0004), 1e6)},
                {"volume_24h", rounded(choices.between(0.5, 90), 1e3)},
                {"volatility", rounded(choices.between(0.0002, 0.004), 1e6)}};
  if (choices.chance(0.5)) {
    snapshot["orderbook_depth"] = {{"bid_depth", rounded(choices.between(1, 40), 1e3)},
                                   {"ask_depth", rounded(choices.between(1, 40), 1e3)}};
  }
  return snapshot;
}

json model_metadata(Random& choices, const Signal& signal) {
  const double buy = signal.side == "buy" ? signal.confidence : 1 - signal.confidence;
  return {
      {"reasoning", model_reasoning(choices, signal.asset, signal.side)},
      {"prediction_result",
       {{"prediction", signal.side == "buy" ? 1 : 0}, {"buy_probability", rounded(buy, 1e4)}, {"sell_probability", rounded(1 - buy, 1e4)}}},
      {"model_version", *signal.model_version},
      {"feature_registry_version", "1.4.0"},
      {"inference_timestamp", zulu_iso(signal.time)}};
}

json take_profit_metadata(Random& choices) {
  return {{"reasoning", "take_profit_triggered"},
          {"unrealized_pnl_pct", rounded(choices.between(3, 7), 1e4)},
          {"take_profit_threshold", 3.0},
          {"position_size", rounded(choices.between(0.01, 2), 1e4)}};
}

json exit_metadata(Random& choices) {
  const bool trailing = choices.chance(0.5);
  return {{"reasoning", trailing ? "Trailing stop reached" : "Время удержания истекло: \"time_exit\""},
          {"rule_triggered", trailing ? "trailing_stop" : "time_exit"},
          {"exit_strategy", true},
          {"exit_decision_metadata", {{"held_minutes", choices.index(600)}, {"peak_pnl_pct", 2.75}}}};
}

}  // namespace

Signal make_signal(Random& choices, Random& ids, const std::string& strategy_id, const std::optional<std::string>& active_version,
                   Time time) {
  const SignalKind kind = kind_by_chance(choices, active_version.has_value());
  Signal signal;
  signal.signal_id = ids.uuid();
  signal.strategy_id = strategy_id;
  signal.asset = choices.pick(assets());
  signal.side = choices.chance(0.5) ? "buy" : "sell";
  signal.price = market_price(signal.asset, time);
  signal.amount = rounded(choices.between(50, 900), 1e2);
  signal.time = time;
  signal.trace_id = ids.uuid();
  signal.snapshot = snapshot_of(choices, signal.price);
  switch (kind) {
    case SignalKind::model:
      signal.confidence = rounded(choices.between(0.75, 0.99), 1e4);
      signal.model_version = active_version;
      signal.metadata = model_metadata(choices, signal);
      break;
    case SignalKind::take_profit:
      signal.confidence = 1;
      signal.side = "sell";
      signal.metadata = take_profit_metadata(choices);
      break;
    case SignalKind::exit_rule:
      signal.confidence = 1;
      signal.metadata = exit_metadata(choices);
      break;
    case SignalKind::warmup:
      signal.confidence = rounded(choices.between(0.1, 0.9), 1e4);
      signal.is_warmup = true;
      signal.metadata = {{"reasoning", "Warm-up signal: heuristic, no trained model"},
                         {"risk_score", rounded(choices.between(0, 1), 1e4)},
                         {"randomness_level", 0.3}};
      break;
  }
  return signal;
}

json message_of(const Signal& signal) {
  return {{"signal_id", signal.signal_id},
          {"signal_type", signal.side},
          {"asset", signal.asset},
          {"amount", signal.amount},
          {"price", signal.price},
          {"confidence", signal.confidence},
          {"timestamp", zulu_iso(signal.time)},
          {"strategy_id", signal.strategy_id},
          {"model_version", signal.model_version ? json(*signal.model_version) : json(nullptr)},
          {"is_warmup", signal.is_warmup},
          {"trace_id", signal.trace_id}};
}

bool write_signal(Database& database, const Signal& signal) {
  return database.write(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version,"
      " is_warmup, market_data_snapshot, metadata, trace_id, created_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
      " CASE WHEN $7::timestamp < now() - interval '1 minute' THEN $7::timestamp + interval '20 ms' ELSE now() END)",
      {signal.signal_id, signal.strategy_id, signal.asset, signal.side, decimal(signal.price), fmt::format("{:.4f}", signal.confidence),
       sql_time(signal.time), signal.model_version, signal.is_warmup ? "true" : "false", signal.snapshot.dump(), signal.metadata.dump(),
       signal.trace_id});
}

}  // namespace trading
