// postgres.subscriptions: all active subscriptions and the newest 500 cancelled ones; from the newest event of any active
// public topic follows whether the public connection lives: nothing else tells.
#include <fmt/format.h>

#include "catalogue.hpp"
#include "connection.hpp"
#include "cursor.hpp"
#include "sources.hpp"

namespace gateway {
namespace {

constexpr const char* public_channels = "('trades', 'ticker', 'orderbook', 'kline', 'liquidation', 'funding')";

std::string select(const std::string& where) {
  return fmt::format(
      "SELECT id::text AS subscription_id, channel_type, symbol, topic, requesting_service, is_active, {} AS created_at, "
      "CASE WHEN NOT is_active THEN {} END AS cancelled_at, {} AS last_event_at FROM subscriptions WHERE {}",
      epoch("created_at"), epoch("updated_at"), epoch("last_event_at"), where);
}

}  // namespace

Source subscriptions(const Settings& settings) {
  const double quiet_after_s = static_cast<double>(settings.ws_quiet_after.count()) / 1000;
  return {
      .name = "postgres.subscriptions",
      .upstream = "postgres",
      .tables = {"subscription_row", "ws_connection_row"},
      .held = "SELECT count(*) FROM subscription_row",
      .known = {known_connection("public")},
      .ask = [](const Known& known) -> Result<std::vector<Request>> {
        if (auto error = lacking(*known.catalogue, "subscriptions",
                                 {"id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at", "updated_at",
                                  "last_event_at"})) {
          return std::unexpected(*error);
        }
        return std::vector<Request>{
            SqlRequest{
                fmt::format(
                    "({} ORDER BY created_at DESC LIMIT 5000) UNION ALL ({} AND isfinite(updated_at) ORDER BY updated_at DESC LIMIT 500)",
                    select("is_active"), select("NOT is_active")),
                {}},
            // The database's clock judges: it is the one nearest to whoever wrote the times.
            SqlRequest{
                fmt::format("SELECT count(*) AS topics, extract(epoch FROM now() AT TIME ZONE 'UTC' - max(last_event_at)) AS quiet_s, "
                            "extract(epoch FROM max(last_event_at)) AS newest FROM subscriptions "
                            "WHERE is_active AND channel_type IN {} AND isfinite(coalesce(last_event_at, '2000-01-01'))",
                            public_channels),
                {}}};
      },
      .parse = [quiet_after_s, environment = settings.bybit_environment](const Known& known,
                                                                         std::span<const Answer> answers) -> Result<Batch> {
        const auto& rows = std::get<Table>(answers[0]);
        const auto& heard = std::get<Table>(answers[1]);
        if (heard.empty()) return failure(ErrorClass::malformed, "subscriptions: expected a row about the topics");
        ConnectionSeen seen;
        if (!environment.empty()) seen.environment = environment;
        if (const auto quiet = number(heard.at(0, "quiet_s"))) seen.status = *quiet <= quiet_after_s ? "connected" : "disconnected";
        seen.last_heartbeat_at = number(heard.at(0, "newest"));
        seen.active_subscriptions = integer(heard.at(0, "topics"));
        return Batch{
            .writes = {{.table = "subscription_row", .mode = Mode::replace, .columns = rows.columns, .rows = rows.rows, .scope = {}},
                       connection_row("public", known.tables.at(0), seen, "inferred", known.now)},
            .rows = static_cast<std::int64_t>(rows.rows.size())};
      },
      .failed = {}};
}

}  // namespace gateway
