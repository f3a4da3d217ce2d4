// Statements on the subscriptions table.
#include "subscriptions.hpp"

#include "clock.hpp"
#include "prices.hpp"

namespace trading {

using nlohmann::json;

bool ensure_subscriptions(Database& database) {
  const auto rows = database.run("SELECT EXISTS (SELECT FROM subscriptions)");
  if (!rows) return false;
  if (rows->flag(0, 0)) return true;
  std::string list;
  for (const std::string& asset : assets()) list += (list.empty() ? "('" : ", ('") + asset + "')";
  // One statement, so that a start that is interrupted leaves all or nothing. The siblings are there because
  // messages mark only one row of a topic, and the cancelled rows because they stay for ever.
  return database.write(
      "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service, is_active, created_at, updated_at)"
      " SELECT channel, symbol, prefix || symbol, 'feature-service', true, now() - interval '9 days', now()"
      " FROM (VALUES " +
      list +
      ") a (symbol), (VALUES ('trades', 'publicTrade.'), ('ticker', 'tickers.'),"
      " ('orderbook', 'orderbook.1.'), ('kline', 'kline.1.')) c (channel, prefix)"
      " UNION ALL SELECT 'ticker', symbol, 'tickers.' || symbol, 'position-manager', true,"
      " now() - interval '8 days', now() FROM (VALUES ('BTCUSDT'), ('ETHUSDT')) a (symbol)"
      " UNION ALL SELECT 'funding', 'BTCUSDT', 'fundingRate.BTCUSDT', 'feature-service', true,"
      " now() - interval '9 days', now()"
      " UNION ALL SELECT 'order', '*', 'order', 'order-manager', true, now() - interval '9 days', now()"
      " UNION ALL SELECT channel, NULL, topic, service, true, now() - interval '9 days', now()"
      " FROM (VALUES ('position', 'position', 'position-manager'), ('balance', 'wallet', 'order-manager'),"
      " ('liquidation', 'liquidation', 'feature-service')) p (channel, topic, service)"
      " UNION ALL SELECT 'ticker', 'DOGEUSDT', 'tickers.DOGEUSDT', 'feature-service', false,"
      " now() - n * interval '2 days', now() - n * interval '2 days' + interval '3 hours' FROM generate_series(1, 4) n");
}

void change_a_subscription(Database& database, Random& choices) {
  if (choices.chance(0.5)) {
    database.write(
        "UPDATE subscriptions SET is_active = false, updated_at = now() WHERE id = (SELECT id FROM subscriptions"
        " WHERE is_active AND channel_type IN ('kline', 'orderbook') ORDER BY random() LIMIT 1)"
        " AND (SELECT count(*) FROM subscriptions WHERE is_active AND channel_type IN ('kline', 'orderbook')) > 4");
    return;
  }
  database.write(
      "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service)"
      " SELECT channel_type, symbol, topic, requesting_service FROM subscriptions s WHERE NOT is_active"
      " AND NOT EXISTS (SELECT FROM subscriptions o WHERE o.is_active AND o.topic = s.topic)"
      " ORDER BY random() LIMIT 1");
}

void mark_events(Database& database, const std::vector<std::string>& topics) {
  std::string array = "{";
  for (const std::string& topic : topics) array += (array.size() > 1 ? "," : "") + topic;
  // The exchange's time is a little older than the time of the write. Ordered, so that it is always the same row that
  // is marked and its siblings stay behind: whoever looks at single rows shall see a dead subscription.
  database.write(
      "UPDATE subscriptions SET updated_at = now(), last_event_at = now() - interval '35 ms' WHERE id IN"
      " (SELECT DISTINCT ON (topic) id FROM subscriptions WHERE is_active AND topic = ANY ($1::text[])"
      " ORDER BY topic, id)",
      {array + "}"});
}

const char* const subscription_columns =
    "id, channel_type, symbol, topic, requesting_service, is_active, created_at, updated_at, last_event_at";

json subscription_item(const Rows& rows, int row) {
  auto text_or_null = [&](int column) { return rows.null(row, column) ? json(nullptr) : json(rows.text(row, column)); };
  return {{"id", rows.text(row, 0)},
          {"channel_type", rows.text(row, 1)},
          {"symbol", text_or_null(2)},
          {"topic", rows.text(row, 3)},
          {"requesting_service", rows.text(row, 4)},
          {"is_active", rows.flag(row, 5)},
          {"created_at", iso_from_sql(rows.text(row, 6))},
          {"updated_at", iso_from_sql(rows.text(row, 7))},
          {"last_event_at", rows.null(row, 8) ? json(nullptr) : json(iso_from_sql(rows.text(row, 8)))}};
}

}  // namespace trading
