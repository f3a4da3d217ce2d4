// postgres.quality: hourly sums of orders and of execution events, from which totals follow. How its two tables are read is in
// quality_state.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"
#include "datasets/quality_state.hpp"
#include "datasets/reading_on.hpp"

namespace gateway {
namespace {

const std::string name = "postgres.quality";
constexpr std::int64_t hour_s = 3600;
constexpr std::int64_t largest_step = 10000;
constexpr auto end_of_time = std::numeric_limits<std::int64_t>::max();

StepSize step_of(const PriorState& prior) {
  return {prior.tables.at(0).at(0, "step"), prior.tables.at(2).empty() ? Value{} : prior.tables.at(2).at(0, "failures"), largest_step};
}

bool pass_begins(const PriorState& prior) {
  const auto& cursors = prior.tables.at(0);
  const bool is_on =
      std::ranges::any_of(quality_tables(), [&](const auto& table) { return !is_null(cursors.at(0, table.kind + ".pass_time")); });
  return gateway::pass_begins(cursors.at(0, "passed_at"), prior.now, is_on);
}

// Those of the two tables that are there. Where one is absent the other does alone; what is forbidden is a fault.
std::vector<const QualityTable*> readable(const Catalogue& catalogue) {
  std::vector<const QualityTable*> found;
  for (const auto& table : quality_tables()) {
    if (!missing_columns(catalogue, table.table, table.needs)) found.push_back(&table);
  }
  return found;
}

std::vector<std::int64_t> hours_of(const std::vector<HourAndStrategy>& keys) {
  std::vector<std::int64_t> hours;
  for (const auto& [hour, _] : keys) {
    if (hours.empty() || hours.back() != hour) hours.push_back(hour);
  }
  return hours;
}

// One table's way on: what an answer changes.
class Reading {
 public:
  Reading(const PriorState& prior, const QualityTable& table)
      : prior_(prior), table_(table), state_(prior, table), rows_(step_of(prior).rows()) {
    if (!pass_begins(prior)) return;
    // All is read again: what the tail has read of the hours that may still change, and with the next step what is older.
    state_.from_hour = std::min(state_.from_hour, state_.this_tail);
    state_.at = std::min(state_.at, beginning_of(state_.from_hour), [](const Place& a, const Place& b) { return a.time < b.time; });
    state_.tail.clear();
    state_.pass_at.reset();
  }

  void ask(std::vector<Request>& requests, const Catalogue& catalogue) const {
    const QualitySql sql(table_, catalogue);
    requests.emplace_back(sql.order().head(table_.kind + ".head"));
    requests.emplace_back(sql.after(state_.at, rows_));
    if (state_.pass_at) requests.emplace_back(sql.before(*state_.pass_at, rows_, state_.settled_before));
    if (!state_.unfinished.empty()) requests.emplace_back(sql.of_hours(hours_of(state_.unfinished)));
  }

  // Takes as many of the answers as ask() asked for.
  std::optional<Error> parse(Batch& batch, std::span<const Answer>& answers) const {
    const auto next = [&]() -> const Table& {
      const auto& answer = std::get<Table>(answers.front());
      answers = answers.subspan(1);
      return answer;
    };
    const auto head = head_of(next(), table_.table);
    if (!head) return head.error();
    batch.note = joined_notes(batch.note, head->note(table_.table));
    take_tail(batch, next());
    if (state_.pass_at) take_pass(batch, next());
    if (!state_.unfinished.empty()) take_unfinished(batch, next());
    if (has_shrunk(state_.newest, *head)) {  // rows were deleted: what is summed up cannot be trusted any more
      batch.writes.push_back(write_cursor(name, "passed_at", {}));
      batch.more = true;
      batch.answered = false;
    }
    keep(batch, "newest", maybe(head->newest));
    return std::nullopt;
  }

 private:
  static Place beginning_of(std::int64_t hour) {
    constexpr double microsecond = 1e-6;
    return {static_cast<double>(hour) - microsecond, ""};
  }

  void keep(Batch& batch, const char* which, Value value) const {
    batch.writes.push_back(write_cursor(name, table_.kind + "." + which, std::move(value)));
  }
  void keep(Batch& batch, const char* time, const char* id, const std::optional<Place>& place) const {
    keep(batch, time, place ? Value{place->time} : Value{});
    keep(batch, id, place && !place->id.empty() ? Value{place->id} : Value{});
  }

  void take_tail(Batch& batch, const Table& answer) const {
    auto step = quality_step_of(answer, rows_);
    for (const auto& [key, sum] : state_.tail) step.sums[key].add(sum);
    batch.rows += std::ssize(step.sums);
    write_hours(batch, table_.kind, state_.held, state_.from_hour, step.full ? step.end_hour : end_of_time, step.sums);
    auto at = state_.at;
    auto from_hour = state_.from_hour;
    auto partial = state_.tail;
    if (step.full) {
      at = step.end;
      from_hour = step.end_hour;
      std::erase_if(step.sums, [&](const auto& sum) { return sum.first.first != from_hour; });
      partial = std::move(step.sums);
      batch.more = true;
      batch.answered = false;
    } else if (from_hour < state_.this_tail) {
      at = beginning_of(state_.this_tail);
      from_hour = state_.this_tail;
      partial.clear();
    }
    keep(batch, "at", "at_id", at);
    keep(batch, "from_hour", from_hour);
    keep(batch, "in_burst", step.full ? Value{std::int64_t{1}} : Value{});
    write_partial(batch, table_.kind, "tail", partial);
    if (pass_begins(prior_)) begin_pass(batch);
  }

  void begin_pass(Batch& batch) const {
    const auto kept_s =
        prior_.tables.at(2).empty() ? std::int64_t{0} : integer(prior_.tables.at(2).at(0, "history_quarters_s")).value_or(0);
    keep(batch, "pass_time", "pass_id", Place{static_cast<double>(state_.from_hour), ""});
    keep(batch, "pass_hour", state_.from_hour);
    keep(batch, "settled_before", std::min(state_.from_hour, (prior_.now - kept_s) / hour_s * hour_s));
    write_partial(batch, table_.kind, "pass", {});
    if (state_.filling) keep(batch, "fill_from", state_.from_hour);
    batch.more |= state_.filling;
  }

  void take_pass(Batch& batch, const Table& answer) const {
    auto step = quality_step_of(answer, rows_);
    for (const auto& [key, sum] : state_.pass) step.sums[key].add(sum);
    batch.rows += std::ssize(step.sums);
    const bool settled = step.end_hour < state_.settled_before;
    const auto bucket = settled ? 0 : step.end_hour;  // that is not finished, when full
    const auto done_from = !step.full ? 0 : settled ? state_.settled_before : bucket + hour_s;
    write_hours(batch, table_.kind, state_.held, done_from, state_.pass_hour, step.sums);
    keep(batch, "pass_hour", std::min(done_from, state_.pass_hour));
    if (step.full) {
      std::erase_if(step.sums, [&](const auto& sum) { return sum.first.first != bucket; });
      write_partial(batch, table_.kind, "pass", step.sums);
      keep(batch, "pass_time", "pass_id", step.end);
      if (state_.filling) keep(batch, "fill_from", std::min(done_from, state_.pass_hour));
      batch.more |= state_.filling;
    } else {
      write_partial(batch, table_.kind, "pass", {});
      keep(batch, "pass_time", "pass_id", std::nullopt);
      keep(batch, "fill_from", Value{});
    }
  }

  void take_unfinished(Batch& batch, const Table& answer) const {
    auto sums = quality_sums_of(answer);
    const auto hours = hours_of(state_.unfinished);
    std::erase_if(sums, [&](const auto& sum) { return !std::ranges::binary_search(hours, sum.first.first); });
    write_hours(batch, table_.kind, state_.unfinished, 1, end_of_time, sums);
    batch.rows += std::ssize(sums);
  }

  const PriorState& prior_;
  const QualityTable& table_;
  QualityState state_;
  std::int64_t rows_;
};

Result<std::vector<Request>> ask(const PriorState& prior) {
  const auto& catalogue = *prior.catalogue;
  // Hours summed without the signals would lack the strategy for good.
  if (auto error = forbidden(catalogue, "trading_signals", {"signal_id", "strategy_id"})) return std::unexpected(*error);
  std::optional<Error> error;
  for (const auto& table : quality_tables()) {
    const auto fault = missing_columns(catalogue, table.table, table.needs);
    if (fault && fault->kind != ErrorClass::missing) return std::unexpected(*fault);
    if (fault) error = fault;
    else if (auto unsuitable = unsuitable_columns(catalogue, table.table, {{table.time, As::time}})) return std::unexpected(*unsuitable);
  }
  const auto tables = readable(catalogue);
  if (tables.empty()) return std::unexpected(*error);
  std::vector<Request> requests;
  for (const auto* table : tables) Reading(prior, *table).ask(requests, catalogue);
  return requests;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers) {
  Batch batch;
  for (const auto* table : readable(*prior.catalogue)) {
    if (auto error = Reading(prior, *table).parse(batch, answers)) return std::unexpected(std::move(*error));
  }
  const auto step = step_of(prior);
  if (step.shortened()) batch.writes.push_back(write_cursor(name, "step", step.rows()));
  if (pass_begins(prior)) {
    batch.writes.push_back(write_cursor(name, "passed_at", prior.now));
    if (!step.shortened()) batch.writes.push_back(write_cursor(name, "step", step.larger()));
  }
  return batch;
}

}  // namespace

Source quality() {
  return {.name = name,
          .upstream = "postgres",
          .tables = {"quality_hour", "quality_partial", "cursor"},
          .row_count_sql = "SELECT count(*) FROM quality_hour",
          .prior_state_sql = quality_state_sql(),
          .reads = {"orders", "execution_events", "trading_signals"},
          .ask = ask,
          .parse = parse,
          .failed = {}};
}

}  // namespace gateway
