#include "datasets/time_order.hpp"

#include <fmt/format.h>

#include <ctime>

namespace gateway {
namespace {

constexpr std::size_t place_columns = 3;  // at the end of onward()'s rows
constexpr int ahead_counted = 1000;

std::string utc(double seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32];
  if (gmtime_r(&time, &parts) == nullptr || std::strftime(text, sizeof text, "%F %T UTC", &parts) == 0) return "later";
  return text;
}

}  // namespace

TimeOrder::TimeOrder(const Catalogue& catalogue, std::string table, std::string alias, const std::string& time, const std::string& id)
    : table_(std::move(table)),
      alias_(std::move(alias)),
      time_(alias_ + "." + time),
      id_(alias_ + "." + id),
      id_cast_(type_of(catalogue, table_, id).empty() ? "" : "::" + type_of(catalogue, table_, id)),
      zoned_(type_of(catalogue, table_, time) == "timestamp with time zone") {}

TimeOrder TimeOrder::by(std::string expression) const {
  auto other = *this;
  other.time_ = std::move(expression);
  return other;
}

std::string TimeOrder::moment(const std::string& seconds) const {
  return zoned_ ? fmt::format("to_timestamp({})", seconds) : fmt::format("(to_timestamp({}) AT TIME ZONE 'UTC')", seconds);
}

// The time alone comes first: the index is on it.
std::string TimeOrder::after(const Place& place, Parameters& parameters) const {
  const auto time = moment(parameters.seconds(place.time));
  if (place.id.empty()) return fmt::format("{} > {}", time_, time);
  return fmt::format("{0} >= {1} AND ({0}, {2}) > ({1}, {3}{4})", time_, time, id_, parameters.text(place.id), id_cast_);
}

std::string TimeOrder::before(const Place& place, Parameters& parameters) const {
  const auto time = moment(parameters.seconds(place.time));
  if (place.id.empty()) return fmt::format("{} < {}", time_, time);
  return fmt::format("{0} <= {1} AND ({0}, {2}) < ({1}, {3}{4})", time_, time, id_, parameters.text(place.id), id_cast_);
}

std::string TimeOrder::not_ahead() const {
  return fmt::format("{} <= {} AND isfinite({})", time_, moment(fmt::format("extract(epoch FROM now()) + {}", allowed_ahead_s)), time_);
}

SqlRequest TimeOrder::head(std::string name) const {
  const auto ahead =
      fmt::format("{} > {} AND isfinite({})", time_, moment(fmt::format("extract(epoch FROM now()) + {}", allowed_ahead_s)), time_);
  return {.sql = fmt::format("SELECT (SELECT extract(epoch FROM max({0})) FROM {1} WHERE {2}) AS newest, extract(epoch FROM now()) AS now, "
                             "(SELECT count(*) FROM (SELECT FROM {1} WHERE {3} LIMIT {4}) a) AS ahead, "
                             "(SELECT extract(epoch FROM max({0})) FROM {1} WHERE {3}) AS furthest",
                             time_, from(), not_ahead(), ahead, ahead_counted),
          .parameters = {},
          .name = std::move(name)};
}

// The keys first: many rows may share a time, and only of those that are taken the other columns are worth their cost. Each of
// these is fetched by its key (LIMIT keeps the planner from making a join of it, of whose size it knows nothing).
SqlRequest TimeOrder::onward(std::string name, const std::string& select, const ReadTo& read_to, std::int64_t rows) const {
  Parameters parameters;
  const auto after_it = after(read_to.place, parameters);
  const auto looked_back = fmt::format("NOT ({}) AND {} >= {}", after_it, time_, moment(parameters.seconds(read_to.at - look_back_s)));
  const auto keys = [&](const char* back, const std::string& where, const char* direction, std::int64_t limit) {
    return fmt::format("(SELECT {0} AS key, {1} AS at, {2} AS looked_back FROM {3} WHERE {4} AND {5} ORDER BY {1} {6}, {0} {6} LIMIT {7})",
                       id_, time_, back, from(), where, not_ahead(), direction, limit);
  };
  return {
      .sql = fmt::format("WITH keys AS MATERIALIZED ({0} UNION ALL {1}) SELECT x.*, k.looked_back, extract(epoch FROM k.at) AS place_time, "
                         "k.key AS place_id FROM keys k CROSS JOIN LATERAL (SELECT {2} FROM {3} WHERE {4} = k.key LIMIT 1) x "
                         "ORDER BY k.looked_back, k.at, k.key",
                         keys("false", after_it, "ASC", rows), keys("true", looked_back, "DESC", read_to.in_burst ? 0 : look_back_rows),
                         select, from(), id_),
      .parameters = parameters.take(),
      .name = std::move(name)};
}

std::string Head::note(const std::string& table) const {
  if (ahead == 0 || !furthest) return {};
  return fmt::format("{}{} rows of {} are dated ahead of the database's clock, up to {}; each is read when its time has come", ahead,
                     ahead == ahead_counted ? " or more" : "", table, utc(*furthest));
}

Result<Head> head_of(const Table& answer, const std::string& table) {
  if (answer.empty()) return failure(ErrorClass::malformed, table + ": expected a row with the newest time");
  return Head{.newest = number(answer.at(0, "newest")),
              .now = number(answer.at(0, "now")),
              .furthest = number(answer.at(0, "furthest")),
              .ahead = integer(answer.at(0, "ahead")).value_or(0)};
}

// The place stays behind rows that are dated a little ahead, so that they do not hide what comes before them.
Onward onward_of(Table answer, std::int64_t rows, const std::optional<double>& now) {
  Onward read;
  const auto looked_back = answer.column("looked_back"), time = answer.column("place_time"), id = answer.column("place_id");
  std::optional<Place> end;
  std::int64_t after = 0;
  for (auto& row : answer.rows) {
    if (integer(row.at(looked_back)) == 0) {
      ++after;
      if (const auto at = number(row.at(time))) end = Place{*at, text_of(row.at(id))};
      if (end && (!now || end->time <= *now)) read.last = end;
    }
    row.resize(row.size() - place_columns);
  }
  answer.columns.resize(answer.columns.size() - place_columns);
  read.rows = std::move(answer);
  read.full = after >= rows && end;
  if (read.full) read.last = end;
  return read;
}

bool has_shrunk(const std::optional<double>& newest_held, const Head& head) {
  constexpr double rounding = 0.001;
  if (!newest_held || (head.now && *newest_held > *head.now + allowed_ahead_s)) return false;
  return head.newest.value_or(0) < *newest_held - rounding;
}

}  // namespace gateway
