#include "declared/reading_since.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "datasets/cursor.hpp"
#include "declared/expression.hpp"
#include "declared/source.hpp"

namespace gateway {
namespace {

constexpr std::int64_t largest_step = 5000;

std::optional<ReadTo> read_to(const Table& cursors) {
  const auto time = number(cursors.at(0, "at"));
  if (!time) return std::nullopt;
  return ReadTo{.place = {*time, text_of(cursors.at(0, "at_id"))}, .at = number(cursors.at(0, "read_at")).value_or(*time)};
}

// The parts of the statement that its terms share.
struct Terms {
  std::string columns, table, time, id, always;

  std::string rows(bool looked_back, const std::string& condition, const char* way, std::int64_t most) const {
    return fmt::format(
        "(SELECT {columns}, {looked_back} AS _looked_back, extract(epoch FROM {time}) AS _time, {id} AS _id FROM {table} AS q "
        "WHERE {condition} AND {always} ORDER BY {time} {way}, {id} {way} LIMIT {most})",
        fmt::arg("columns", columns), fmt::arg("looked_back", looked_back), fmt::arg("time", time), fmt::arg("id", id),
        fmt::arg("table", table), fmt::arg("condition", condition), fmt::arg("always", always), fmt::arg("way", way),
        fmt::arg("most", most));
  }
};

}  // namespace

std::string ReadingSince::state_sql(const std::string& source) {
  return read_cursors(source, {"at", "at_id", "read_at", "step"}) + ", " + StepSize::failures_sql(source) + " AS failures";
}

ReadingSince::ReadingSince(const Declared& dataset, const PriorState& prior)
    : d_(dataset),
      at_(read_to(prior.tables.at(1))),
      step_(prior.tables.at(1).at(0, "step"), prior.tables.at(1).at(0, "failures"), std::min(largest_step, dataset.most_rows)),
      held_(integer(prior.tables.at(0).at(0, "held")).value_or(0)) {}

Result<SqlRequest> ReadingSince::statement(const Catalogue& catalogue) const {
  auto columns = selected_columns(d_, catalogue);
  if (!columns) return std::unexpected(columns.error());
  const auto& time_column = d_.column(d_.since[0])->from;
  if (auto error = unsuitable_columns(catalogue, d_.table, {{time_column, As::time}})) return std::unexpected(std::move(*error));
  Terms terms{.columns = std::move(*columns),
              .table = quoted_table(d_.table),
              .time = "q." + quoted_name(time_column),
              .id = "q." + quoted_name(d_.column(d_.since[1])->from),
              .always = {}};
  const auto order = TimeOrder(catalogue, d_.table, "q", time_column, {}).by(terms.time);
  terms.always = order.not_ahead();
  if (d_.keep_for)
    terms.always +=
        fmt::format(" AND {} >= {}", terms.time, order.moment(fmt::format("extract(epoch FROM now()) - {}", d_.keep_for->count() / 1000)));
  if (!d_.where.empty()) terms.always += " AND (\n" + d_.where + "\n)";
  Parameters parameters;
  std::string rows;
  if (!at_) {
    rows = terms.rows(false, "true", "DESC", d_.most_held());
  } else {
    const auto place = order.moment(parameters.seconds(at_->place.time));
    const auto id = at_->place.id.empty() ? std::string() : parameters.text(at_->place.id);
    // The time alone comes first: the index is on it.
    const auto beyond = [&](const std::string& way) {
      const auto by_time = fmt::format("{} {}{} {}", terms.time, way, id.empty() && way == ">" ? "" : "=", place);
      return id.empty()
                 ? by_time
                 : fmt::format("{} AND ({}, {}) {}{} ({}, {})", by_time, terms.time, terms.id, way, way == "<" ? "=" : "", place, id);
    };
    // As many as are kept, of however large a burst: what is older is held no more, and would be new again. Fewer while answers are
    // too large, so that reading goes on.
    const auto back = step_.shortened() ? std::min(step_.rows(), d_.most_held()) : d_.most_held();
    rows =
        terms.rows(false, beyond(">"), "ASC", step_.rows()) + " UNION ALL " +
        terms.rows(true, fmt::format("{} AND {} >= {}", beyond("<"), terms.time, order.moment(parameters.seconds(at_->at - look_back_s))),
                   "DESC", back);
  }
  std::string own;
  for (const auto& column : d_.columns) own += "x." + quoted_name(column.name) + ", ";
  // A row at least, for the clock.
  return SqlRequest{
      .sql = "SELECT " + own +
             "extract(epoch FROM now()) AS now, x._looked_back AS looked_back, x._time AS place_time, x._id::text AS place_id "
             "FROM (VALUES (1)) AS one LEFT JOIN (" +
             rows + ") AS x ON true ORDER BY x._looked_back, x._time, x._id",
      .parameters = parameters.take(),
      .name = d_.name};
}

ReadingSince::Reached ReadingSince::take(Table answer) const {
  const auto clock = d_.columns.size(), place_time = clock + 2;
  std::optional<double> now;
  if (!answer.rows.empty()) now = number(answer.rows[0].at(clock));
  std::erase_if(answer.rows, [&](const Row& row) { return is_null(row.at(place_time)); });
  // The first answer is all that is kept, of however many rows.
  return {.read = onward_of(std::move(answer), at_ ? step_.rows() : std::numeric_limits<std::int64_t>::max(), now), .now = now};
}

void ReadingSince::go_on(Batch& batch, const Reached& reached) const {
  auto place = reached.read.last ? *reached.read.last : at_ ? at_->place : Place{};
  // The database's clock was set back.
  if (reached.now && place.time > *reached.now + allowed_ahead_s + 1) place = {*reached.now, ""};
  const auto keep = [&](const char* name, Value value) { batch.writes.push_back(write_cursor(d_.source(), name, std::move(value))); };
  keep("at", place.time);
  keep("at_id", place.id.empty() ? Value{} : Value{place.id});
  keep("read_at", maybe(reached.now));
  if (step_.shortened() || !reached.read.full) keep("step", reached.read.full ? Value{step_.rows()} : Value{});
  batch.more = reached.read.full;
  if (d_.keep_for && held_ >= d_.most_rows)
    batch.note = fmt::format("the newest {} rows are kept, fewer than keep.for asks for: raise bounds.rows", d_.most_rows);
}

}  // namespace gateway
