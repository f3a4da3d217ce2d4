// Values that PostgreSQL can hold and a panel cannot bear, texts made to break out of something, and JSON of shapes that
// nobody promised: the cycle survives each of them, and the rows beside them arrive.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class PostgresValues : public Integration {
 protected:
  // A row with defaults for all but what a test is about.
  void insert(const std::string& columns, const std::string& values) const {
    upstreams.sql(fmt::format("INSERT INTO trading_signals (signal_id, side, is_warmup, {}) VALUES (gen_random_uuid(), 'buy', false, {})",
                              columns, values));
  }
};

TEST_F(PostgresValues, NotANumberIsNotAvailable) {
  insert("strategy_id, asset, price, timestamp", "'s', 'NANUSDT', 'NaN', '2024-01-01 00:00:00'");
  insert("strategy_id, asset, price, timestamp", "'s', 'BTCUSDT', 1.5, '2024-01-01 00:00:01'");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT asset, price FROM recent_signals ORDER BY asset"), "BTCUSDT|1.5\nNANUSDT|NULL"));
  EXPECT_EQ(reader.source("postgres.signals", "freshness, error"), "fresh|NULL");
}

TEST_F(PostgresValues, AnInfiniteTimeStopsNothing) {
  for (const char* time : {"infinity", "-infinity"})
    insert("strategy_id, asset, price, timestamp", fmt::format("'s', 'ODD', 1, '{}'", time));
  insert("strategy_id, asset, price, timestamp", "'s', 'FIRST', 1, '2024-01-01 00:00:00'");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM recent_signals WHERE asset = 'FIRST'"), "1"));
  insert("strategy_id, asset, price, timestamp", "'s', 'LATER', 1, '2024-01-01 00:10:00'");
  insert("strategy_id, asset, price, timestamp", "'t', 'NEWEST', 1, now() AT TIME ZONE 'UTC'");
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM recent_signals WHERE asset IN ('LATER', 'NEWEST')"), "2"));
  EXPECT_EQ(reader.source("postgres.signals", "freshness, error"), "fresh|NULL");
}

TEST_F(PostgresValues, ARowFromTheFutureHidesNoLaterRow) {
  insert("strategy_id, asset, price, timestamp", "'s', 'FUTURE', 1, (now() + interval '1 year') AT TIME ZONE 'UTC'");
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  insert("strategy_id, asset, price, timestamp", "'s', 'PRESENT', 1, now() AT TIME ZONE 'UTC'");
  ASSERT_TRUE(eventually(query("SELECT asset FROM recent_signals"), "PRESENT"));
  EXPECT_EQ(reader.text("SELECT note LIKE '1 rows of trading_signals are dated ahead of the database''s clock%' FROM source_status "
                        "WHERE source = 'postgres.signals'"),
            "1");
}

TEST_F(PostgresValues, HostileTextsArriveUnchanged) {
  const std::vector<std::string> texts{R"(quote ' double " back \ semi ; -- comment)",
                                       "line\nbreak\ttab\r",
                                       "кириллица — и тире",
                                       "emoji \U0001F680\U0001F1E9\U0001F1EA",
                                       "<script>alert(1)</script> ${x} %s {}",
                                       "'); DROP TABLE trading_signals; --"};
  for (const auto& text : texts) {
    insert("strategy_id, asset, price, timestamp, model_version, trace_id, metadata",
           fmt::format("{0}, 'BTCUSDT', 1, '2024-01-01', 'v1', {0}, jsonb_build_object('reasoning', {0}::text)", quoted(text)));
  }
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), fmt::format("fresh|{}", texts.size())));
  for (const auto& text : texts) {
    EXPECT_EQ(reader.text(fmt::format("SELECT count(*) FROM recent_signals WHERE strategy_id = {0} AND trace_id = {0} AND reasoning = {0}",
                                      quoted(text))),
              "1")
        << text;
  }
}

TEST_F(PostgresValues, LongTextIsKeptOrCutButNeverBroken) {
  insert("strategy_id, asset, price, timestamp, metadata",
         "'long', 'BTCUSDT', 1, '2024-01-01', jsonb_build_object('reasoning', repeat('абвг', 1024))");
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|1"));
  EXPECT_EQ(
      reader.text(
          "SELECT length(reasoning) >= 1000 AND 'абвг' || substr(reasoning, 1, length(reasoning) - 4) = reasoning FROM recent_signals"),
      "1");
}

TEST_F(PostgresValues, JsonOfOddShapesIsNotAvailableAndStopsNothing) {
  const std::vector<std::string> shapes{"null",
                                        "5",
                                        "\"text\"",
                                        "[]",
                                        "[{\"reasoning\": 1}]",
                                        "{}",
                                        "true",
                                        "{\"reasoning\": null, \"spread\": null}",
                                        "{\"reasoning\": {\"a\": []}, \"spread\": \"wide\", \"volatility\": [1]}",
                                        "{\"reasoning\": 7, \"spread\": \"0.5\", \"volume_24h\": true, \"volatility\": {}}",
                                        "{\"spread\": 1e4000, \"volume_24h\": -1e-4000, \"volatility\": 123456789012345678901234567890}"};
  for (const auto& shape : shapes) {
    insert("strategy_id, asset, price, timestamp, metadata, market_data_snapshot",
           fmt::format("'odd', 'BTCUSDT', 1, '2024-01-01', {0}, {0}", quoted(shape)));
  }
  insert("strategy_id, asset, price, timestamp, metadata, market_data_snapshot",
         "'sound', 'BTCUSDT', 1, '2024-01-01', '{\"reasoning\": \"yes\"}', '{\"spread\": 0.5}'");
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error"), fmt::format("fresh|{}|NULL", shapes.size() + 1)));
  EXPECT_EQ(reader.text("SELECT count(*), count(reasoning) FROM recent_signals WHERE strategy_id = 'odd'"),
            fmt::format("{}|0", shapes.size()));
  EXPECT_EQ(reader.text("SELECT reasoning, spread FROM recent_signals WHERE strategy_id = 'sound'"), "yes|0.5");
}

}  // namespace
}  // namespace integration
