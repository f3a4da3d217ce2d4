// postgres.subscriptions: all active subscriptions and the newest 500 cancelled ones, and, for the events, whatever was
// created or cancelled since the last cycle; from the newest event of any active public topic follows whether the public
// connection lives: nothing else tells.
#include <fmt/format.h>

#include "base/text.hpp"
#include "datasets/catalogue.hpp"
#include "datasets/connection.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"
#include "datasets/time_order.hpp"

namespace gateway {
namespace {

constexpr const char* public_channels = "('trades', 'ticker', 'orderbook', 'kline', 'liquidation', 'funding')";

const std::string name = "postgres.subscriptions";
constexpr std::int64_t chunk = 5000;
constexpr std::int64_t most_active = 5000, most_cancelled = 500;

TimeOrder order_of(const Catalogue& catalogue) { return {catalogue, "subscriptions", "s", "created_at", "id"}; }

std::string columns(const Columns& s) {
  return fmt::format(
      "{} AS subscription_id, {} AS channel_type, {} AS symbol, {} AS topic, {} AS requesting_service, coalesce({}, false) AS is_active, "
      "{} AS created_at, "
      "CASE WHEN NOT {} THEN {} END AS cancelled_at, {} AS last_event_at",
      s.text("id"), s.text("channel_type"), s.text("symbol"), s.text("topic"), s.text("requesting_service"), s.flag("is_active"),
      s.time("created_at"), s.flag("is_active"), s.time("updated_at"), s.time("last_event_at"));
}

SqlRequest lists(const Columns& s) {
  const auto select = "SELECT " + columns(s) + " FROM subscriptions s WHERE ";
  return {.sql = fmt::format("({0} {1} ORDER BY s.created_at DESC LIMIT {2}) UNION ALL "
                             "({0} NOT {1} AND isfinite(s.updated_at) ORDER BY s.updated_at DESC LIMIT {3})",
                             select, s.flag("is_active"), most_active, most_cancelled),
          .parameters = {},
          .name = "lists"};
}

// The database's clock judges: it is the one nearest to whoever wrote the times. An event dated ahead of it proves nothing.
SqlRequest topics(const Columns& s) {
  const auto at = s.time("last_event_at");
  const auto limit = fmt::format("extract(epoch FROM now()) + {}", allowed_ahead_s);
  return {
      .sql = fmt::format(
          "SELECT count(*) FILTER (WHERE is_public) AS topics, extract(epoch FROM now()) - max(at) FILTER (WHERE is_public AND at <= {0}) "
          "AS quiet_s, max(at) FILTER (WHERE is_public AND at <= {0}) AS newest, extract(epoch FROM now()) AS now, "
          "count(*) FILTER (WHERE is_public AND at > {0}) AS ahead, count(*) AS active "
          "FROM (SELECT {1} AS at, {2} IN {3} AS is_public FROM subscriptions s WHERE {4}) t",
          limit, at, s.text("channel_type"), public_channels, s.flag("is_active")),
      .parameters = {},
      .name = "topics"};
}

// A row changes once, when it is cancelled; what else moves its updated_at is no change.
TimeOrder changes(const Catalogue& catalogue, const Columns& s) {
  return order_of(catalogue).by(fmt::format("(CASE WHEN {} THEN s.created_at ELSE s.updated_at END)", s.flag("is_active")));
}

std::optional<ReadTo> read_to(const PriorState& prior) {
  const auto& cursors = prior.tables.at(1);
  if (const auto time = number(cursors.at(0, "at")))
    return ReadTo{.place = {*time, text_of(cursors.at(0, "at_id"))}, .at = number(cursors.at(0, "read_at")).value_or(*time)};
  if (const auto time = number(cursors.at(0, "read_up_to"))) return ReadTo{.place = {*time, ""}, .at = *time};  // of the version before
  return std::nullopt;
}

std::string note_of(const Table& heard) {
  std::string ahead, left_out;
  if (const auto topics = integer(heard.at(0, "ahead")).value_or(0); topics > 0) {
    ahead = fmt::format("the last event of {} topics is dated ahead of the database's clock; it does not count", topics);
  }
  if (const auto active = integer(heard.at(0, "active")).value_or(0); active > most_active) {
    left_out = fmt::format("{} subscriptions are active; the newest {} are shown", active, most_active);
  }
  return joined_notes(ahead, left_out);
}

void take_changes(Batch& batch, Place& place, Table answer, double now) {
  auto changed = onward_of(std::move(answer), chunk, now);
  batch.more = changed.full;
  if (changed.last) place = *changed.last;
  batch.writes.push_back({.table = "subscription_row",
                          .mode = Mode::upsert,
                          .columns = changed.rows.columns,
                          .rows = std::move(changed.rows.rows),
                          .scope = {}});
}

}  // namespace

Source subscriptions(const Settings& settings) {
  const double quiet_after_s = static_cast<double>(settings.ws_quiet_after.count()) / 1000;
  return {.name = name,
          .upstream = "postgres",
          .tables = {"subscription_row", "ws_connection_row", "cursor"},
          .row_count_sql = "SELECT count(*) FROM subscription_row",
          .prior_state_sql = {known_connection("public"), read_cursors(name, {"at", "at_id", "read_at", "read_up_to"})},
          .reads = {"subscriptions"},
          .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
            const auto& catalogue = *prior.catalogue;
            if (auto error = missing_columns(catalogue, "subscriptions",
                                             {"id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at",
                                              "updated_at", "last_event_at"})) {
              return std::unexpected(*error);
            }
            if (auto error = unsuitable_columns(catalogue, "subscriptions",
                                                {{"is_active", As::flag}, {"created_at", As::time}, {"updated_at", As::time}})) {
              return std::unexpected(*error);
            }
            const Columns s(catalogue, "subscriptions", "s");
            std::vector<Request> requests{lists(s), topics(s)};
            if (const auto at = read_to(prior)) {
              requests.emplace_back(changes(catalogue, s).onward("onward", columns(s), *at, chunk));
            }
            return requests;
          },
          .parse = [quiet_after_s, environment = settings.bybit_environment](const PriorState& prior,
                                                                             std::span<const Answer> answers) -> Result<Batch> {
            const auto& rows = std::get<Table>(answers[0]);
            const auto& heard = std::get<Table>(answers[1]);
            if (heard.empty()) return failure(ErrorClass::malformed, "subscriptions: expected a row about the topics");
            ConnectionSeen seen;
            if (!environment.empty()) seen.environment = environment;
            if (const auto quiet = number(heard.at(0, "quiet_s"))) seen.status = *quiet <= quiet_after_s ? "connected" : "disconnected";
            seen.last_heartbeat_at = number(heard.at(0, "newest"));
            seen.active_subscriptions = integer(heard.at(0, "topics"));
            Batch batch{.writes = {}, .rows = std::ssize(rows.rows), .note = note_of(heard)};
            const auto now = number(heard.at(0, "now")).value_or(static_cast<double>(prior.now));
            auto place = read_to(prior).value_or(ReadTo{.place = {now, ""}}).place;
            if (place.time > now + allowed_ahead_s + 1) place = {now, ""};  // the database's clock was set back
            if (answers.size() > 2) take_changes(batch, place, std::get<Table>(answers[2]), now);
            batch.writes.push_back(
                {.table = "subscription_row", .mode = Mode::replace, .columns = rows.columns, .rows = rows.rows, .scope = {}});
            batch.writes.push_back(connection_row("public", prior.tables.at(0), seen, "inferred", prior.now));
            batch.writes.push_back(write_cursor(name, "at", place.time));
            batch.writes.push_back(write_cursor(name, "read_at", now));
            batch.writes.push_back(write_cursor(name, "at_id", place.id.empty() ? Value{} : Value{place.id}));
            return batch;
          },
          .failed = {}};
}

}  // namespace gateway
