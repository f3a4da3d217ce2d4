// postgres.orders: every open order, and the newest 200 of each other closure. A cycle reads what was created since the
// watermark, and by primary key the orders held as open: no index helps to find what changed. The first fill walks back
// through the table in bounded chunks, one a cycle, until every closure has its share.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
namespace {

const std::string name = "postgres.orders";
constexpr std::int64_t chunk = 5000;
constexpr std::int64_t wanted = 200;          // of each closure; of open ones, all of a chunk
constexpr double overlap_s = 120;             // below the watermark: rows are committed after their creation time
constexpr std::int64_t review_after_s = 600;  // all held orders are read again, for what was deleted or changed late

// unknown status texts count as open: nothing says that they ended
constexpr const char* closure =
    "CASE WHEN o.is_dry_run OR o.status = 'dry_run' THEN 'dry_run' WHEN o.status IN ('filled', 'cancelled', 'rejected') THEN o.status ELSE "
    "'open' END";

std::string columns(const Catalogue& catalogue) {
  // Where the signals cannot be read, whatever the reason, orders are shown without their strategy until they can.
  const bool signals = !missing_columns(catalogue, "trading_signals", {"signal_id", "strategy_id"});
  return fmt::format(
      "o.id::text AS id, o.order_id, o.signal_id::text AS signal_id, {} AS strategy_id, {} AS time, o.asset, lower(o.side) AS side, "
      "o.order_type, "
      "o.quantity, o.price, o.status, {} AS closure, CASE WHEN o.status = 'filled' THEN coalesce({}, {}) ELSE {} END AS changed_at, "
      "left({}, 4000) AS close_reason, o.filled_quantity, o.average_price, o.fees, {} AS executed_at, o.is_dry_run",
      signals ? "(SELECT s.strategy_id FROM trading_signals s WHERE s.signal_id = o.signal_id LIMIT 1)" : "NULL::text",
      epoch("o.created_at"), closure, epoch("o.executed_at"), epoch("o.updated_at"), epoch("o.updated_at"),
      column_or_null(catalogue, "orders", "rejection_reason", "text"), epoch("o.executed_at"));
}

struct Reading {
  std::optional<double> watermark, fill_before, events_from, newest_held;
  std::string fill_id;  // with fill_before: where the walk back goes on
  bool filling = true, first = true, review = false;
  std::vector<std::string> keys;  // held orders to read again

  explicit Reading(const PriorState& prior) {
    const auto& cursors = prior.tables.at(0);
    watermark = number(cursors.at(0, "watermark"));
    fill_before = number(cursors.at(0, "fill_before"));
    fill_id = text(cursors.at(0, "fill_id")).value_or("");
    events_from = number(cursors.at(0, "events_from"));
    const auto reviewed_at = integer(cursors.at(0, "reviewed_at")).value_or(0);
    first = !watermark;
    filling = first || fill_before.has_value();
    review = !first && (prior.now - reviewed_at > review_after_s || prior.now < reviewed_at);
    newest_held = number(prior.tables.at(1).rows.at(0).at(0));
    for (const auto& row : prior.tables.at(2).rows) {
      if (review || integer(row.at(1)) == 1) keys.push_back(text(row.at(0)).value_or(""));
    }
  }
};

SqlRequest head() {
  return {
      "SELECT extract(epoch FROM max(created_at)) AS newest, extract(epoch FROM now()) AS now FROM orders WHERE created_at <= now() AT "
      "TIME ZONE 'UTC'",
      {}};
}

SqlRequest created_since(const std::string& select, double watermark) {
  return {fmt::format("SELECT {} FROM orders o WHERE o.created_at >= to_timestamp($1::float8) AT TIME ZONE 'UTC' ORDER BY o.created_at "
                      "FETCH FIRST {} ROWS WITH TIES",
                      select, chunk),
          {fmt::format("{:.6f}", watermark - overlap_s)}};
}

SqlRequest by_key(const std::string& select, const std::vector<std::string>& keys) {
  return {fmt::format("SELECT {} FROM orders o WHERE o.id = ANY($1::uuid[])", select), {array_literal(keys)}};
}

// One step back in time. Of the rows of a step only those that can be shown travel; the last columns tell where it ended.
SqlRequest walk_back(const std::string& select, const Reading& reading) {
  std::string before = "isfinite(created_at)";
  std::vector<std::optional<std::string>> parameters;
  if (!reading.first) {
    before +=
        " AND created_at <= to_timestamp($1::float8) AT TIME ZONE 'UTC' AND (created_at, id) < (to_timestamp($1::float8) AT TIME ZONE "
        "'UTC', $2::uuid)";
    parameters = {fmt::format("{:.6f}", reading.fill_before.value_or(0)), reading.fill_id};
  }
  return {fmt::format("WITH step AS MATERIALIZED (SELECT * FROM orders WHERE {0} ORDER BY created_at DESC, id DESC LIMIT {1}), "
                      "ranked AS (SELECT o.*, row_number() OVER (PARTITION BY {2} ORDER BY created_at DESC, id DESC) AS n, "
                      "row_number() OVER (ORDER BY created_at DESC, id DESC) AS overall, count(*) OVER () AS step_rows, "
                      "first_value(o.id::text) OVER (ORDER BY created_at, id) AS step_end_id, "
                      "first_value(created_at) OVER (ORDER BY created_at, id) AS step_end FROM step o) "
                      "SELECT {3}, o.step_rows, o.step_end_id, extract(epoch FROM o.step_end) AS step_end FROM ranked o "
                      "WHERE n <= {4} OR ({2}) = 'open' OR overall <= {4}",
                      before, chunk, closure, select, wanted),
          parameters};
}

// Rows of a walk without the three columns that belong to the step.
Write upsert(const Table& table, std::size_t drop, Mode mode) {
  Write write{.table = "trade_order",
              .mode = mode,
              .columns = {table.columns.begin(), table.columns.end() - static_cast<std::ptrdiff_t>(drop)},
              .rows = {},
              .scope = {}};
  for (const auto& row : table.rows) write.rows.emplace_back(row.begin(), row.end() - static_cast<std::ptrdiff_t>(drop));
  return write;
}

// Of the first step: when the 200th newest order was created. All of those travel, whatever became of them.
double begin_of_events(const Table& step) {
  std::vector<double> times;
  for (std::size_t i = 0; i < step.rows.size(); ++i) times.push_back(number(step.at(i, "time")).value_or(0));
  std::ranges::sort(times, std::greater{});
  return times.size() < static_cast<std::size_t>(wanted) ? 0 : times[wanted - 1];
}

// Rows created since the watermark, and those held that were asked for again; what is held and was not found is gone.
void write_changes(Batch& batch, const Reading& reading, const Table& created, const Table& held) {
  batch.rows += static_cast<std::int64_t>(created.rows.size() + held.rows.size());
  batch.writes.push_back(upsert(created, 0, Mode::upsert));
  batch.writes.push_back(upsert(held, 0, Mode::upsert));
  std::set<std::string> gone(reading.keys.begin(), reading.keys.end());
  for (std::size_t i = 0; i < held.rows.size(); ++i) gone.erase(text(held.at(i, "id")).value_or(""));
  Write erase{.table = "trade_order", .mode = Mode::erase, .columns = {"id"}, .rows = {}, .scope = {}};
  for (const auto& id : gone) erase.rows.push_back({id});
  batch.writes.push_back(std::move(erase));
}

Result<std::vector<Request>> ask(const PriorState& prior) {
  if (auto error = missing_columns(*prior.catalogue, "orders",
                                   {"id", "order_id", "signal_id", "asset", "side", "order_type", "quantity", "price", "status",
                                    "filled_quantity", "average_price", "fees", "created_at", "updated_at", "executed_at", "is_dry_run"})) {
    return std::unexpected(*error);
  }
  if (auto error = forbidden(*prior.catalogue, "orders", {"rejection_reason"})) return std::unexpected(*error);
  const Reading reading(prior);
  const auto select = columns(*prior.catalogue);
  std::vector<Request> requests{head()};
  if (reading.filling) requests.emplace_back(walk_back(select, reading));
  if (!reading.first) {
    requests.emplace_back(created_since(select, *reading.watermark));
    requests.emplace_back(by_key(select, reading.keys));
  }
  return requests;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers) {
  const Reading reading(prior);
  if (std::get<Table>(answers[0]).empty()) return failure(ErrorClass::malformed, "orders: expected a row with the newest time");
  const auto newest = number(std::get<Table>(answers[0]).at(0, "newest"));
  Batch batch;
  const auto cursor = [&](const char* which, Value value) { batch.writes.push_back(write_cursor(name, which, std::move(value))); };
  constexpr double rounding = 0.001;
  if (!reading.first && reading.newest_held && newest.value_or(0) < *reading.newest_held - rounding) {
    // Our newest row is gone: rows were deleted. Begin anew; the first step of the walk replaces what is held. What ended
    // meanwhile is told first: afterwards old rows are only read again, and tell nothing.
    write_changes(batch, reading, std::get<Table>(answers[answers.size() - 2]), std::get<Table>(answers.back()));
    cursor("events_from", std::max(reading.events_from.value_or(0), *reading.watermark - overlap_s));
    if (!newest) batch.writes.push_back({.table = "trade_order", .mode = Mode::replace, .columns = {"id"}, .rows = {}, .scope = {}});
    cursor("watermark", {});
    batch.more = newest.has_value();
    batch.answered = !newest;
    return batch;
  }
  std::size_t next = 1;
  auto watermark = newest;
  if (reading.filling) {
    const auto& step = std::get<Table>(answers[next++]);
    const bool any = !step.rows.empty();
    const auto walked = any ? integer(step.at(0, "step_rows")).value_or(0) : 0;
    batch.rows += static_cast<std::int64_t>(step.rows.size());
    if (reading.first && !reading.events_from) cursor("events_from", begin_of_events(step));
    batch.writes.push_back(upsert(step, 3, reading.first ? Mode::replace : Mode::upsert));
    const bool further = any && walked == chunk;
    cursor("fill_before", further ? step.at(0, "step_end") : Value{});
    cursor("fill_id", further ? step.at(0, "step_end_id") : Value{});
    batch.more = further;
  }
  if (!reading.first) {
    const auto& created = std::get<Table>(answers[next++]);
    const auto& held = std::get<Table>(answers[next]);
    write_changes(batch, reading, created, held);
    if (const auto last = end_of_burst(created, chunk, newest.value_or(0))) {
      batch.more = true;
      watermark = *last + overlap_s;
    }
  }
  cursor("newest", maybe(newest));
  cursor("watermark", watermark ? Value{*watermark} : Value{0.0});
  if (reading.first || reading.review) cursor("reviewed_at", prior.now);
  return batch;
}

}  // namespace

Source orders() {
  return {.name = name,
          .upstream = "postgres",
          .tables = {"trade_order", "cursor"},
          .row_count_sql = "SELECT count(*) FROM trade_order WHERE id NOT LIKE 'event:%'",
          .prior_state_sql =
              {read_cursors(name, {"watermark", "fill_before", "fill_id", "reviewed_at", "events_from"}),
               // Of those that were not dated in the future. The watermark may be ahead of them, while a burst is read.
               "SELECT max(time) FROM trade_order WHERE time <= (SELECT value FROM cursor WHERE source = 'postgres.orders' AND name = "
               "'newest') AND id NOT LIKE 'event:%'",
               "SELECT id, closure = 'open' FROM trade_order WHERE id NOT LIKE 'event:%'"},
          .reads = {"orders", "trading_signals"},
          .ask = ask,
          .parse = parse,
          .failed = {}};
}

}  // namespace gateway
