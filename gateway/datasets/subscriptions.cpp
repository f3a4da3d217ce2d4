// postgres.subscriptions: all active subscriptions and the newest 500 cancelled ones, and, for the events, whatever was
// created or cancelled since the last cycle; from the newest event of any active public topic follows whether the public
// connection lives: nothing else tells.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/connection.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
namespace {

constexpr const char* public_channels = "('trades', 'ticker', 'orderbook', 'kline', 'liquidation', 'funding')";

const std::string name = "postgres.subscriptions";
constexpr std::int64_t chunk = 5000;
constexpr double overlap_s = 120;  // rows are committed a moment after the time they bear

std::string columns() {
  return fmt::format(
      "id::text AS subscription_id, channel_type, symbol, topic, requesting_service, is_active, {} AS created_at, "
      "CASE WHEN NOT is_active THEN {} END AS cancelled_at, {} AS last_event_at",
      epoch("created_at"), epoch("updated_at"), epoch("last_event_at"));
}

SqlRequest lists() {
  const auto select = "SELECT " + columns() + " FROM subscriptions WHERE ";
  return {fmt::format("({0} is_active ORDER BY created_at DESC LIMIT 5000) UNION ALL "
                      "({0} NOT is_active AND isfinite(updated_at) ORDER BY updated_at DESC LIMIT 500)",
                      select),
          {}};
}

// The database's clock judges: it is the one nearest to whoever wrote the times.
SqlRequest topics() {
  return {fmt::format("SELECT count(*) AS topics, extract(epoch FROM now() AT TIME ZONE 'UTC' - max(last_event_at)) AS quiet_s, "
                      "extract(epoch FROM max(last_event_at)) AS newest, extract(epoch FROM now()) AS now FROM subscriptions "
                      "WHERE is_active AND channel_type IN {} AND isfinite(coalesce(last_event_at, '2000-01-01'))",
                      public_channels),
          {}};
}

// A row changes once, when it is cancelled; what else moves its updated_at is no change.
SqlRequest changed_since(double time) {
  return {fmt::format("SELECT {}, extract(epoch FROM changed_at) AS time FROM (SELECT *, CASE WHEN is_active THEN created_at ELSE "
                      "updated_at END AS changed_at FROM subscriptions) s WHERE changed_at >= to_timestamp($1::float8) AT TIME ZONE 'UTC' "
                      "AND isfinite(changed_at) ORDER BY changed_at FETCH FIRST {} ROWS WITH TIES",
                      columns(), chunk),
          {fmt::format("{:.6f}", time)}};
}

std::optional<double> read_up_to(const PriorState& prior) { return number(prior.tables.at(1).at(0, "read_up_to")); }

}  // namespace

Source subscriptions(const Settings& settings) {
  const double quiet_after_s = static_cast<double>(settings.ws_quiet_after.count()) / 1000;
  return {.name = name,
          .upstream = "postgres",
          .tables = {"subscription_row", "ws_connection_row", "cursor"},
          .row_count_sql = "SELECT count(*) FROM subscription_row",
          .prior_state_sql = {known_connection("public"), read_cursors(name, {"read_up_to"})},
          .reads = {"subscriptions"},
          .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
            if (auto error = missing_columns(*prior.catalogue, "subscriptions",
                                             {"id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at",
                                              "updated_at", "last_event_at"})) {
              return std::unexpected(*error);
            }
            std::vector<Request> requests{lists(), topics()};
            if (const auto before = read_up_to(prior)) requests.emplace_back(changed_since(*before - overlap_s));
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
            Batch batch{.writes = {}, .rows = static_cast<std::int64_t>(rows.rows.size())};
            auto up_to = number(heard.at(0, "now"));
            if (read_up_to(prior)) {
              auto changed = std::get<Table>(answers[2]);
              if (const auto last = end_of_burst(changed, chunk, up_to.value_or(0))) {
                batch.more = true;
                up_to = *last + overlap_s;
              }
              changed.columns.pop_back();
              for (auto& row : changed.rows) row.pop_back();
              batch.writes.push_back(
                  {.table = "subscription_row", .mode = Mode::upsert, .columns = changed.columns, .rows = changed.rows, .scope = {}});
            }
            batch.writes.push_back(
                {.table = "subscription_row", .mode = Mode::replace, .columns = rows.columns, .rows = rows.rows, .scope = {}});
            batch.writes.push_back(connection_row("public", prior.tables.at(0), seen, "inferred", prior.now));
            batch.writes.push_back(write_cursor(name, "read_up_to", maybe(up_to)));
            return batch;
          },
          .failed = {}};
}

}  // namespace gateway
