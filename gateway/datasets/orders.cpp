// postgres.orders: every open order, and the newest 200 of each other closure. A cycle reads what was created since the last
// one, and by primary key the orders held as open: no index helps to find what changed. The slow pass walks back through the
// table, a bounded step a cycle, until every closure has its share; the first one fills the cache.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "datasets/catalogue.hpp"
#include "datasets/datasets.hpp"
#include "datasets/orders_sql.hpp"
#include "datasets/reading_on.hpp"

namespace gateway {
namespace {

constexpr std::int64_t chunk = 5000;
constexpr const char* ended_closures[] = {"filled", "cancelled", "rejected", "dry_run"};
constexpr std::int64_t looked_at_for_each_row = 5;  // by a step of the pass, which brings few of the rows it looks at
constexpr std::int64_t kept_of_each = 200;

const HeldRows held{.source = "postgres.orders",
                    .table = "trade_order",
                    .time = "time",
                    .key = "id",
                    .where = "id NOT LIKE 'event:%'",
                    .pass = "pass_time",
                    .cursors = {"pass_time", "pass_id", "filled", "events_from", "open_from"}};

struct Reading : ReadingOn {
  std::optional<Place> pass_at;
  bool filling;  // no pass has ended yet
  std::vector<std::string> open;

  explicit Reading(const PriorState& prior) : ReadingOn(held, prior, chunk) {
    if (const auto time = number(cursor("pass_time")); time && !pass_begins) pass_at = Place{*time, text_of(cursor("pass_id"))};
    filling = is_null(cursor("filled"));
    for (const auto& row : prior.tables.at(4).rows) open.push_back(text_of(row.at(0)));
  }

  std::vector<std::string> asked_by_key() const {
    auto all = keys;
    all.insert(all.end(), open.begin(), open.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
};

// Closures of which enough are held: the time of the oldest that is shown.
std::vector<std::pair<std::string, double>> since(const Table& held_of_each) {
  std::vector<std::pair<std::string, double>> times;
  for (const std::string closure : ended_closures) {
    if (const auto time = number(held_of_each.at(0, closure))) times.emplace_back(closure, *time);
  }
  return times;
}

Result<std::vector<Request>> ask(const PriorState& prior) {
  const auto& catalogue = *prior.catalogue;
  if (auto error = missing_columns(catalogue, "orders",
                                   {"id", "order_id", "signal_id", "asset", "side", "order_type", "quantity", "price", "status",
                                    "filled_quantity", "average_price", "fees", "created_at", "updated_at", "executed_at", "is_dry_run"})) {
    return std::unexpected(*error);
  }
  if (auto error = forbidden(catalogue, "orders", {"rejection_reason"})) return std::unexpected(*error);
  if (auto error = unsuitable_columns(catalogue, "orders", {{"created_at", As::time}})) return std::unexpected(*error);
  const Reading reading(prior);
  const OrdersSql sql(catalogue);
  std::vector<Request> requests{sql.order().head("head")};
  if (reading.passing) {
    requests.emplace_back(sql.step({.before = reading.pass_at,
                                    .rows = reading.step.rows() * looked_at_for_each_row,
                                    .wanted = reading.step.rows(),
                                    .since = since(prior.tables.at(3))}));
  }
  if (!reading.first) requests.emplace_back(sql.order().onward("onward", sql.columns(), reading.at, reading.step.rows()));
  if (const auto keys = reading.asked_by_key(); !keys.empty()) requests.emplace_back(sql.by_key(keys));
  return requests;
}

// Of the first step: when the 200th newest order was created. Older ones were there before the gateway looked: they tell nothing.
double begin_of_events(const Table& rows) {
  std::vector<double> times;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) times.push_back(number(rows.at(i, "time")).value_or(0));
  std::ranges::sort(times, std::greater{});
  return times.size() < static_cast<std::size_t>(kept_of_each) ? 0 : times[kept_of_each - 1];
}

void take_step(Batch& batch, const Reading& reading, Table rows, std::int64_t now) {
  const bool further = !rows.empty() && integer(rows.at(0, "further")) == 1;
  const auto end = rows.empty() ? Value{} : rows.at(0, "step_end");
  const auto end_id = rows.empty() ? std::string() : text_of(rows.at(0, "step_end_id"));
  constexpr std::size_t of_the_step = 3;
  rows.columns.resize(rows.columns.size() - of_the_step);
  for (auto& row : rows.rows) row.resize(row.size() - of_the_step);
  std::erase_if(rows.rows, [](const Row& row) { return is_null(row.at(0)); });
  if (reading.first && is_null(reading.cursor("events_from"))) reading.keep(batch, "events_from", begin_of_events(rows));
  reading.take(batch, std::move(rows));
  if (reading.pass_begins) reading.note_begin_of_pass(batch, now);
  reading.keep(batch, "pass_time", further ? end : Value{});
  reading.keep(batch, "pass_id", further ? Value{end_id} : Value{});
  if (!further) reading.keep(batch, "filled", std::int64_t{1});
  batch.more |= further && reading.filling;
}

void take_held(Batch& batch, const Reading& reading, const std::vector<std::string>& asked, Table rows) {
  reading.take_held(batch, asked, std::move(rows));
  // Very many open ones are read in turn.
  const bool further = std::ssize(reading.open) >= HeldRows::checked_at_once;
  reading.keep(batch, "open_from", further ? Value{reading.open.back()} : Value{});
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers) {
  const Reading reading(prior);
  const auto head = head_of(std::get<Table>(answers[0]), "orders");
  if (!head) return std::unexpected(head.error());
  Batch batch;
  std::size_t next = 1;
  if (reading.passing) take_step(batch, reading, std::get<Table>(answers[next++]), prior.now);
  reading.go_on(batch, *head, reading.first ? nullptr : &std::get<Table>(answers[next++]));
  if (const auto asked = reading.asked_by_key(); !asked.empty()) take_held(batch, reading, asked, std::get<Table>(answers[next]));
  batch.note = head->note("orders");
  return batch;
}

std::vector<std::string> prior_state_sql() {
  auto all = reading_on_state(held);
  std::string since;
  for (const std::string closure : ended_closures) {
    since += (since.empty() ? "SELECT " : ", ") + ("(SELECT time FROM trade_order WHERE closure = '" + closure) +
             fmt::format("' ORDER BY time DESC LIMIT 1 OFFSET {}) AS ", kept_of_each - 1) + closure;
  }
  all.push_back(since);
  all.push_back(
      "SELECT id FROM trade_order WHERE closure = 'open' AND id NOT LIKE 'event:%' AND id > coalesce((SELECT value FROM cursor WHERE "
      "source = 'postgres.orders' AND name = 'open_from'), '') ORDER BY id LIMIT " +
      std::to_string(HeldRows::checked_at_once));
  return all;
}

}  // namespace

Source orders() {
  return {.name = held.source,
          .upstream = "postgres",
          .tables = {"trade_order", "cursor"},
          .row_count_sql = "SELECT count(*) FROM trade_order WHERE id NOT LIKE 'event:%'",
          .prior_state_sql = prior_state_sql(),
          .reads = {"orders", "trading_signals"},
          .ask = ask,
          .parse = parse,
          .failed = {}};
}

}  // namespace gateway
