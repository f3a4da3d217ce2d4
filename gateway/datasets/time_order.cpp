#include "datasets/time_order.hpp"

#include <fmt/format.h>

#include <ctime>
#include <stdexcept>

namespace gateway {
namespace {

constexpr std::size_t place_columns = 3;  // at the end of rows: looked_back, place_time, place_id
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

TimeOrder::Bound TimeOrder::bound_of(const Place& place, Parameters& parameters) const {
  Bound bound{.time = moment(parameters.seconds(place.time)), .id = {}};
  if (!place.id.empty()) bound.id = parameters.text(place.id) + id_cast_;
  return bound;
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

// `same`: the rest of the rows that share the place's time, in the order of their id. How many share it the planner sees in its statistics,
// for the time is a constant: of very many it reads these by the key's index, so that a step costs its own rows, and not all of that time.
std::string TimeOrder::rest_of_its_time(const Bound& from, const char* beyond, const char* way, std::int64_t rows,
                                        const std::string& more_columns) const {
  const auto rest = from.id.empty() ? std::string("false") : fmt::format("{} = {} AND {} {} {}", time_, from.time, id_, beyond, from.id);
  return fmt::format("same AS MATERIALIZED (SELECT {0} AS key, {1} AS at{2} FROM {3} WHERE {4} AND {5} ORDER BY {0} {6} LIMIT {7})", id_,
                     time_, more_columns, this->from(), rest, not_ahead(), way, rows);
}

std::string TimeOrder::keys_after(const Bound& from, std::int64_t rows) const {
  return fmt::format(
      "{0}, keys AS MATERIALIZED (SELECT * FROM same UNION ALL (SELECT {1} AS key, {2} AS at FROM {3} WHERE {2} > {4} AND {5} "
      "ORDER BY {2} ASC, {1} ASC LIMIT {6} - (SELECT count(*) FROM same)))",
      rest_of_its_time(from, ">", "ASC", rows, {}), id_, time_, this->from(), from.time, not_ahead(), rows);
}

std::string TimeOrder::forward(const Place& from, std::int64_t rows, Parameters& parameters) const {
  return keys_after(bound_of(from, parameters), rows) + ", reach AS (SELECT count(*) AS taken FROM keys)";
}

// Steps of a pass are larger. Where more rows share a time than such a step may take, it ends before them, and the next one begins with
// them: to find the first by id, all of them are sorted, once, and few enough are taken for that to happen in memory.
std::string TimeOrder::backward(const std::optional<Place>& from, std::int64_t rows, const std::string& more_columns,
                                Parameters& parameters) const {
  constexpr std::int64_t sorted_in_memory = 5000;
  const auto bound = from ? bound_of(*from, parameters) : Bound{};
  const auto beyond = (from ? fmt::format("{} < {} AND ", time_, bound.time) : std::string()) + not_ahead();
  return fmt::format(
      "{same}, times AS MATERIALIZED (SELECT {time} AS at FROM {table} WHERE {beyond} ORDER BY {time} DESC "
      "LIMIT {rows} - (SELECT count(*) FROM same)), "
      "found AS (SELECT count(*) AS n, min(at) AS first, max(at) AS last, count(*) + (SELECT count(*) FROM same) AS taken FROM times), "
      "reach AS MATERIALIZED (SELECT taken, CASE WHEN taken < {rows} OR first = last THEN first "
      "ELSE (SELECT min(at) FROM times, found WHERE at > first) END AS until, "
      "CASE WHEN taken >= {rows} AND first = last THEN least(n, {sorted}) ELSE n END AS most FROM found), "
      "keys AS MATERIALIZED (SELECT * FROM same UNION ALL (SELECT {id} AS key, {time} AS at{more} FROM {table} WHERE {beyond} "
      "AND {time} >= (SELECT until FROM reach) ORDER BY {time} DESC, {id} DESC LIMIT (SELECT most FROM reach)))",
      fmt::arg("same", rest_of_its_time(bound, "<", "DESC", rows, more_columns)), fmt::arg("time", time_), fmt::arg("id", id_),
      fmt::arg("table", this->from()), fmt::arg("beyond", beyond), fmt::arg("rows", rows), fmt::arg("sorted", sorted_in_memory),
      fmt::arg("more", more_columns));
}

// The keys first: many rows may share a time, and only of those that are taken the other columns are worth their cost. Each of
// these is fetched by its key (LIMIT keeps the planner from making a join of it, of whose size it knows nothing).
SqlRequest TimeOrder::onward(std::string name, const std::string& select, const ReadTo& read_to, std::int64_t rows) const {
  Parameters parameters;
  const auto bound = bound_of(read_to.place, parameters);
  // The time alone comes first: the index is on it.
  const auto up_to_it = bound.id.empty() ? fmt::format("{} <= {}", time_, bound.time)
                                         : fmt::format("{0} <= {1} AND ({0}, {2}) <= ({1}, {3})", time_, bound.time, id_, bound.id);
  const auto looked_back =
      fmt::format("{} AND {} >= {} AND {}", up_to_it, time_, moment(parameters.seconds(read_to.at - look_back_s)), not_ahead());
  return {.sql = fmt::format("WITH {keys}, wanted AS MATERIALIZED (SELECT key, at, false AS looked_back FROM keys UNION ALL "
                             "(SELECT {id}, {time}, true FROM {table} WHERE {looked_back} ORDER BY {time} DESC LIMIT {back})) "
                             "SELECT x.*, k.looked_back, extract(epoch FROM k.at) AS place_time, k.key AS place_id "
                             "FROM wanted k CROSS JOIN LATERAL (SELECT {select} FROM {table} WHERE {id} = k.key LIMIT 1) x "
                             "ORDER BY k.looked_back, k.at, k.key",
                             fmt::arg("keys", keys_after(bound, rows)), fmt::arg("id", id_), fmt::arg("time", time_),
                             fmt::arg("table", from()), fmt::arg("looked_back", looked_back),
                             fmt::arg("back", read_to.in_burst ? 0 : look_back_rows), fmt::arg("select", select)),
          .parameters = parameters.take(),
          .name = std::move(name)};
}

std::string Head::note(const std::string& table) const {
  if (ahead == 0 || !furthest) return {};
  return fmt::format("{}{} rows of {} are dated ahead of the database's clock, up to {}; each is read when its time comes", ahead,
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
  // Not the first of that name: what comes before may be a user's.
  if (answer.columns.size() < place_columns || *(answer.columns.end() - place_columns) != "looked_back")
    throw std::out_of_range("no column looked_back");
  const auto looked_back = answer.columns.size() - place_columns, time = looked_back + 1, id = looked_back + 2;
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
