// postgres.signals: the newest 200 signals of each of the 200 strategies that were active last. A cycle reads what came since
// the last one; the slow pass goes from strategy to strategy by index, and finds whatever else there is.
#include <fmt/format.h>

#include "base/text.hpp"
#include "datasets/catalogue.hpp"
#include "datasets/datasets.hpp"
#include "datasets/reading_on.hpp"

namespace gateway {
namespace {

constexpr std::int64_t chunk = 5000;
constexpr std::int64_t kept_of_each = 200, kept_strategies = 200;

const HeldRows held{.source = "postgres.signals",
                    .table = "signal",
                    .time = "time",
                    .key = "signal_id",
                    .pass = "pass_place",
                    .cursors = {"pass_place", "strategies"}};

const std::vector<std::pair<std::string, As>> essential{{"signal_id", As::text}, {"strategy_id", As::text}, {"timestamp", As::time}};

TimeOrder order_of(const Catalogue& catalogue) { return {catalogue, "trading_signals", "t", "timestamp", "signal_id"}; }

std::string columns(const Catalogue& catalogue) {
  const Columns t(catalogue, "trading_signals", "t");
  return fmt::format(
      "{} AS signal_id, {} AS time, {} AS strategy_id, {} AS asset, {} AS side, {} AS price, {} AS confidence, "
      "CASE WHEN {} THEN 'warmup' WHEN {} IS NULL THEN 'rule' ELSE 'model' END AS kind, {} AS model_version, {} AS is_warmup, "
      "left({}, 4000) AS reasoning, {} AS spread, {} AS volume_1m, {} AS volatility_1m, {} AS trace_id",
      t.text("signal_id"), t.time("timestamp"), t.text("strategy_id"), t.text("asset"), t.text("side"), t.number("price"),
      t.number("confidence"), t.flag("is_warmup"), t.text("model_version"), t.text("model_version"), t.flag("is_warmup"),
      t.json_text("metadata", "reasoning"), t.json_number("market_data_snapshot", "spread"),
      t.json_number("market_data_snapshot", "volume_24h"), t.json_number("market_data_snapshot", "volatility"), t.text("trace_id"));
}

// Strategies are found by hopping through the index, not by reading the table; those that were active last come first.
SqlRequest pass(const Catalogue& catalogue, std::int64_t place, std::int64_t strategies) {
  const auto order = order_of(catalogue);
  return {.sql = fmt::format(
              R"(WITH RECURSIVE s AS (
    (SELECT strategy_id FROM trading_signals ORDER BY strategy_id LIMIT 1)
    UNION ALL
    SELECT (SELECT strategy_id FROM trading_signals WHERE strategy_id > s.strategy_id ORDER BY strategy_id LIMIT 1)
      FROM s WHERE s.strategy_id IS NOT NULL),
  active AS (SELECT s.strategy_id, (SELECT max(t.timestamp) FROM {0} WHERE t.strategy_id = s.strategy_id AND {1}) AS last
      FROM s WHERE s.strategy_id IS NOT NULL),
  ranked AS (SELECT strategy_id, row_number() OVER (ORDER BY last DESC NULLS LAST, strategy_id) AS place, count(*) OVER () AS strategies
      FROM active)
  SELECT x.*, r.strategies FROM ranked r CROSS JOIN LATERAL (
      SELECT {2} FROM {0} WHERE t.strategy_id = r.strategy_id AND {1} ORDER BY t.timestamp DESC, t.signal_id DESC LIMIT {3}) x
  WHERE r.place > {4} AND r.place <= {5})",
              order.from(), order.not_ahead(), columns(catalogue), kept_of_each, place, std::min(place + strategies, kept_strategies)),
          .parameters = {},
          .name = "pass"};
}

SqlRequest by_key(const Catalogue& catalogue, const std::vector<std::string>& keys) {
  Parameters parameters;
  const auto among = Columns(catalogue, "trading_signals", "t").among("signal_id", keys, parameters);
  return {.sql = fmt::format("SELECT {} FROM {} WHERE {} AND isfinite(t.timestamp)", columns(catalogue), order_of(catalogue).from(), among),
          .parameters = parameters.take(),
          .name = "held"};
}

struct Reading : ReadingOn {
  std::int64_t place, pass_step;
  bool filling;  // no pass has ended yet

  explicit Reading(const PriorState& prior)
      : ReadingOn(held, prior, chunk),
        place(pass_begins ? 0 : integer(cursor("pass_place")).value_or(0)),
        pass_step(std::max<std::int64_t>(1, step.rows() / kept_of_each)),
        filling(is_null(cursor("strategies"))) {}
};

Result<std::vector<Request>> ask(const PriorState& prior) {
  const auto& catalogue = *prior.catalogue;
  if (auto error = missing_columns(catalogue, "trading_signals",
                                   {"signal_id", "strategy_id", "asset", "side", "price", "confidence", "timestamp", "model_version",
                                    "is_warmup", "market_data_snapshot", "metadata", "trace_id"})) {
    return std::unexpected(*error);
  }
  if (auto error = unsuitable_columns(catalogue, "trading_signals", essential)) return std::unexpected(*error);
  const Reading reading(prior);
  const auto order = order_of(catalogue);
  std::vector<Request> requests{order.head("head")};
  // The pass takes each strategy's newest rows; what came in between is events all the same.
  if (!reading.first) requests.emplace_back(order.onward("onward", columns(catalogue), reading.at, reading.step.rows()));
  if (reading.passing) requests.emplace_back(pass(catalogue, reading.place, reading.pass_step));
  if (!reading.keys.empty()) requests.emplace_back(by_key(catalogue, reading.keys));
  return requests;
}

// Of strategies beyond those that are shown.
std::string left_out(std::int64_t strategies) {
  if (strategies <= kept_strategies) return {};
  return fmt::format("{} strategies have signals; those of the {} most recently active are shown", strategies, kept_strategies);
}

void take_pass(Batch& batch, const Reading& reading, Table rows, std::int64_t now) {
  const auto strategies = rows.empty() ? reading.place : integer(rows.at(0, "strategies")).value_or(0);
  rows.columns.pop_back();
  for (auto& row : rows.rows) row.pop_back();
  reading.take(batch, std::move(rows));
  const auto next = reading.place + reading.pass_step;
  const bool ended = next >= std::min(strategies, kept_strategies);
  if (reading.pass_begins) reading.note_begin_of_pass(batch, now);
  reading.keep(batch, "pass_place", ended ? Value{} : Value{next});
  if (ended) reading.keep(batch, "strategies", strategies);
  batch.more |= !ended && reading.filling;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers) {
  const Reading reading(prior);
  const auto head = head_of(std::get<Table>(answers[0]), "trading_signals");
  if (!head) return std::unexpected(head.error());
  Batch batch;
  std::size_t next = 1;
  reading.go_on(batch, *head, reading.first ? nullptr : &std::get<Table>(answers[next++]));
  if (reading.passing) take_pass(batch, reading, std::get<Table>(answers[next++]), prior.now);
  if (!reading.keys.empty()) reading.take_held(batch, reading.keys, std::get<Table>(answers[next]));
  batch.note = joined_notes(head->note("trading_signals"), left_out(integer(reading.cursor("strategies")).value_or(0)));
  return batch;
}

}  // namespace

Source signals() {
  return {.name = held.source,
          .upstream = "postgres",
          .tables = {"signal", "cursor"},
          .row_count_sql = "SELECT count(*) FROM signal",
          .prior_state_sql = reading_on_state(held),
          .reads = {"trading_signals"},
          .ask = ask,
          .parse = parse,
          .failed = {}};
}

}  // namespace gateway
