#include "datasets/quality_state.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/cursor.hpp"
#include "datasets/step_size.hpp"

namespace gateway {
namespace {

constexpr std::int64_t hour_s = 3600;
constexpr double microsecond = 1e-6;
// Of each table: more than a step of the pass can replace. What is gone beyond it is found by the next pass.
constexpr int held_at_once = 20000;
// Hours with open orders are read every time, the newest and some of the others in turn, however many orders never end.
constexpr int unfinished_hours = 50;
constexpr int most_orders_of_an_hour = 5000;  // larger ones are left to the pass

const std::vector<std::string> columns{"kind",        "hour",       "strategy_id",       "orders", "filled_orders",
                                       "open_orders", "pnl_orders", "successful_orders", "pnl"};

QualitySum sum_of(const Table& table, std::size_t row) {
  const auto count = [&](const char* column) { return integer(table.at(row, column)).value_or(0); };
  return {count("orders"),     count("filled_orders"),     count("open_orders"),
          count("pnl_orders"), count("successful_orders"), number(table.at(row, "pnl")).value_or(0)};
}

Row row_of(const std::string& kind, const HourAndStrategy& key, const QualitySum& sum) {
  return {kind, key.first, key.second, sum.orders, sum.filled_orders, sum.open_orders, sum.pnl_orders, sum.successful_orders, sum.pnl};
}

}  // namespace

void QualitySum::add(const QualitySum& other) {
  orders += other.orders;
  filled_orders += other.filled_orders;
  open_orders += other.open_orders;
  pnl_orders += other.pnl_orders;
  successful_orders += other.successful_orders;
  pnl += other.pnl;
}

QualitySums quality_sums_of(const Table& answer) {
  QualitySums sums;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    const auto hour = integer(answer.at(i, "hour"));
    const auto strategy = text(answer.at(i, "strategy_id"));
    if (hour && strategy) sums[{*hour, *strategy}] = sum_of(answer, i);
  }
  return sums;
}

QualityStep quality_step_of(const Table& answer, std::int64_t rows) {
  QualityStep step;
  step.sums = quality_sums_of(answer);
  if (answer.empty()) return step;
  const auto end = number(answer.at(0, "step_end"));
  step.full = end && integer(answer.at(0, "step_rows")).value_or(0) >= rows;
  step.end = {end.value_or(0), text_of(answer.at(0, "step_end_id"))};
  constexpr std::int64_t no_date_is_beyond = 10'000'000'000'000;  // PostgreSQL's go to the year 294276
  step.end_hour = std::clamp(integer(answer.at(0, "step_end_hour")).value_or(0), -no_date_is_beyond, no_date_is_beyond);
  return step;
}

std::vector<std::string> quality_state_sql() {
  const std::string source = "postgres.quality";
  std::vector<std::string> names{"step", "passed_at"};
  std::string held;
  for (const auto& table : quality_tables()) {
    for (const auto* name :
         {"at", "at_id", "in_burst", "from_hour", "pass_time", "pass_id", "pass_hour", "settled_before", "fill_from", "read_at", "newest"})
      names.push_back(table.kind + "." + name);
    const auto cursor = [&](const char* name) {
      return fmt::format("(SELECT value FROM cursor WHERE source = '{}' AND name = '{}.{}')", source, table.kind, name);
    };
    held += fmt::format(
        "{0}SELECT * FROM (SELECT kind, hour, strategy_id FROM quality_hour WHERE kind = '{1}' AND hour >= {2}) UNION ALL "
        "SELECT * FROM (SELECT kind, hour, strategy_id FROM quality_hour WHERE kind = '{1}' AND hour < {3} ORDER BY hour DESC LIMIT {4})",
        held.empty() ? "" : " UNION ALL ", table.kind, cursor("from_hour"), cursor("pass_hour"), held_at_once);
  }
  return {
      read_cursors(source, names),
      fmt::format(
          "WITH unfinished AS (SELECT hour FROM quality_hour WHERE kind = 'orders' AND hour > 0 AND hour < (SELECT value FROM "
          "cursor WHERE source = '{0}' AND name = 'orders.from_hour') GROUP BY hour HAVING sum(open_orders) > 0 AND sum(orders) <= {1}) "
          "SELECT hour, strategy_id FROM quality_hour WHERE kind = 'orders' AND hour IN (SELECT * FROM (SELECT hour FROM unfinished "
          "ORDER BY hour DESC LIMIT {2}) UNION SELECT * FROM (SELECT hour FROM unfinished ORDER BY random() LIMIT {2})) ORDER BY hour",
          source, most_orders_of_an_hour, unfinished_hours),
      "SELECT history_quarters_s, " + StepSize::failures_sql(source) + " AS failures FROM gateway_state", "SELECT * FROM quality_partial",
      held};
}

QualityState::QualityState(const PriorState& prior, const QualityTable& table) {
  const auto cursor = [&](const char* name) { return prior.tables.at(0).at(0, table.kind + "." + name); };
  this_tail = prior.now / hour_s * hour_s - hour_s;
  from_hour = this_tail;
  at = {static_cast<double>(from_hour) - microsecond, ""};
  filling = !is_null(cursor("fill_from"));
  if (const auto time = number(cursor("at"))) {
    at = {*time, text_of(cursor("at_id"))};
    from_hour = integer(cursor("from_hour")).value_or(from_hour);
  } else {
    filling |= is_null(cursor("read_at"));  // else filled by the version before
  }
  if (const auto time = number(cursor("pass_time"))) pass_at = Place{*time, text_of(cursor("pass_id"))};
  pass_hour = integer(cursor("pass_hour")).value_or(0);
  settled_before = integer(cursor("settled_before")).value_or(0);
  newest = number(cursor("newest"));
  const auto& partial = prior.tables.at(3);
  for (std::size_t i = 0; i < partial.rows.size(); ++i) {
    if (text(partial.at(i, "kind")) != table.kind) continue;
    auto& sums = text(partial.at(i, "reading")) == "tail" ? tail : pass;
    sums[{integer(partial.at(i, "hour")).value_or(0), text_of(partial.at(i, "strategy_id"))}] = sum_of(partial, i);
  }
  for (const auto& row : prior.tables.at(4).rows) {
    if (text(row.at(0)) == table.kind) held.emplace_back(integer(row.at(1)).value_or(0), text_of(row.at(2)));
  }
  if (table.kind != "orders") return;
  for (const auto& row : prior.tables.at(1).rows) unfinished.emplace_back(integer(row.at(0)).value_or(0), text_of(row.at(1)));
}

void write_hours(Batch& batch, const std::string& kind, const std::vector<HourAndStrategy>& held, std::int64_t from, std::int64_t to,
                 const QualitySums& sums) {
  Write gone{.table = "quality_hour", .mode = Mode::erase, .columns = {"kind", "hour", "strategy_id"}, .rows = {}, .scope = {}};
  for (const auto& key : held) {
    if (key.first >= from && key.first < to && !sums.contains(key)) gone.rows.push_back({kind, key.first, key.second});
  }
  Write found{.table = "quality_hour", .mode = Mode::upsert, .columns = columns, .rows = {}, .scope = {}};
  for (const auto& [key, sum] : sums) {
    if (key.first >= from && key.first < to) found.rows.push_back(row_of(kind, key, sum));
  }
  batch.writes.push_back(std::move(gone));
  batch.writes.push_back(std::move(found));
}

void write_partial(Batch& batch, const std::string& kind, const char* reading, const QualitySums& sums) {
  Write write{.table = "quality_partial",
              .mode = Mode::replace,
              .columns = columns,
              .rows = {},
              .scope = {{"kind", kind}, {"reading", std::string(reading)}}};
  write.columns.emplace_back("reading");
  for (const auto& [key, sum] : sums) {
    write.rows.push_back(row_of(kind, key, sum));
    write.rows.back().emplace_back(std::string(reading));
  }
  batch.writes.push_back(std::move(write));
}

}  // namespace gateway
