// Good JSON with values that nobody expects: they are data, arrive unchanged or cut between characters, and break nothing.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "trial.hpp"

namespace hostile {
namespace {

using namespace gateway;
using Json = nlohmann::json;

class HttpValues : public ::testing::Test {
 protected:
  Outcome ask(const std::string& source, const std::string& body, const std::string& overview = R"({"object_totals":{"queues":0}})") {
    server.follow([=](Peer& peer, const std::string& request) {
      return peer.send(http(200, target_of(request).starts_with("/api/overview") ? overview : body));
    });
    trial = std::make_unique<Trial>(source, server);
    return trial->attempt(Milliseconds{20'000});
  }
  std::string first(const std::string& sql) const { return text(trial->store().query(sql).rows.at(0).at(0)).value_or("NULL"); }
  std::int64_t number(const std::string& sql) const { return integer(trial->store().query(sql).rows.at(0).at(0)).value_or(-1); }

  const std::vector<std::string> names{"quote ' and \" and \\",
                                       "line\nbreak\r\ttab",
                                       "emoji \U0001F680 кириллица",
                                       "'; DROP TABLE queue; --",
                                       "${x} %s {} <b>&amp;</b>",
                                       "*",
                                       "null",
                                       " ",
                                       "\x01\x1b[31m",
                                       "\xE2\x80\xAE reversed"};
  RawServer server{all_is_well};
  std::unique_ptr<Trial> trial;
};

TEST_F(HttpValues, QueueNamesArriveUnchanged) {
  auto list = Json::array();
  for (const auto& name : names) list.push_back({{"vhost", name}, {"name", name}, {"state", name}, {"messages", 1}});
  const auto outcome = ask("rabbitmq.queues", list.dump());
  ASSERT_EQ(class_of(outcome), "rows");
  ASSERT_EQ(trial->stored(), std::nullopt);
  for (const auto& name : names) {
    EXPECT_EQ(
        integer(trial->store().query("SELECT count(*) FROM queue_now WHERE vhost = ?1 AND name = ?1 AND state = ?1", {name}).rows[0][0]), 1)
        << name;
  }
}

TEST_F(HttpValues, ANameWithANulIsMadeClean) {
  const auto outcome = ask("rabbitmq.queues", R"([{"vhost":"/","name":"a\u0000b","messages":1}])");
  ASSERT_EQ(class_of(outcome), "rows");
  EXPECT_EQ(first("SELECT name FROM queue_now"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(HttpValues, LongNamesAreCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 5000; ++i) name += "я";
  const auto outcome = ask("rabbitmq.queues", Json::array({{{"vhost", "/"}, {"name", name}, {"messages", 1}}}).dump());
  ASSERT_EQ(class_of(outcome), "rows");
  const auto kept = first("SELECT name FROM queue_now");
  EXPECT_LE(kept.size(), 255U);
  EXPECT_EQ(clean_utf8(kept), kept);
}

TEST_F(HttpValues, TheLastOfDuplicateKeysCounts) {
  ASSERT_EQ(class_of(ask("ws-gateway.health", R"({"status":"healthy","status":"unhealthy","queue_connected":1,"queue_connected":true})")),
            "rows");
  EXPECT_EQ(first("SELECT status FROM service WHERE service = 'ws-gateway'"), "unhealthy");
  ASSERT_EQ(class_of(ask("rabbitmq.queues", R"([{"vhost":"/","name":"a","messages":1,"messages":2,"name":"b"}])")), "rows");
  EXPECT_EQ(first("SELECT name || messages FROM queue"), "b2");
}

TEST_F(HttpValues, HugeNumbersAreKeptOrRefusedButNeverWrong) {
  const auto counted = [&](const std::string& messages) {
    const auto outcome = ask("rabbitmq.queues", fmt::format(R"([{{"vhost":"/","name":"a","messages":{}}}])", messages));
    if (!outcome.result) {
      EXPECT_TRUE(is_discreet(outcome.result.error()));
    }
    return outcome.result ? first("SELECT messages || '' FROM queue") : class_of(outcome);
  };
  EXPECT_EQ(counted("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(counted("1e3"), "1000");
  for (const char* number : {"-9223372036854775808", "9223372036854775808", "18446744073709551616", "1e300", "1.5", "\"5\""}) {
    EXPECT_EQ(counted(number), "NULL") << number << ": no count, and costs its own queue only";
  }
  for (const char* number : {"1e999", "-1e999", "1e400000", "0x10", "+1", "NaN", "Infinity", ".5", "01"}) {
    EXPECT_EQ(counted(number), "malformed") << number << ": no JSON";
  }
}

TEST_F(HttpValues, HugeRatesAreNumbers) {
  const auto outcome = ask("rabbitmq.queues", R"([{"vhost":"/","name":"a","messages":5,"message_stats":{"publish_details":{"rate":1e308},
    "deliver_get_details":{"rate":-1e308},"redeliver_details":{"rate":1e308}}}])");
  ASSERT_EQ(class_of(outcome), "rows");
  EXPECT_EQ(trial->stored(), std::nullopt);
  EXPECT_EQ(number("SELECT publish_rate_per_s > 1e307 AND consume_rate_per_s = 0 FROM queue"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM queue_trend"), 1);
}

TEST_F(HttpValues, AQuantityThatCannotBeSummedIsNotInfinite) {
  const auto outcome = ask("rabbitmq.queues", R"([{"vhost":"/","name":"a","messages":5,"message_stats":{"publish_details":{"rate":1},
    "deliver_get_details":{"rate":1e308},"redeliver_details":{"rate":-1e308}}}])");
  ASSERT_EQ(class_of(outcome), "rows");
  EXPECT_EQ(number("SELECT count(*) FROM queue WHERE abs(consume_rate_per_s) > 1.7976931348623157e308"), 0);
}

TEST_F(HttpValues, ABrokerThatAnnouncesMoreThanThereCanBeIsRefused) {
  // It answers the question for its vhosts like that for its queues: so `a` is a vhost, too, and has none.
  const auto first_time =
      ask("rabbitmq.queues", R"([{"vhost":"/","name":"a","messages":1}])", R"({"object_totals":{"queues":9223372036854775807}})");
  ASSERT_TRUE(first_time.result);
  EXPECT_FALSE(first_time.result->answered) << "once can be chance";
  EXPECT_EQ(number("SELECT count(*) FROM queue"), 0);
  const auto outcome = trial->attempt(Milliseconds{20'000});
  ASSERT_EQ(class_of(outcome), "auth");
  EXPECT_TRUE(is_discreet(outcome.result.error()));
}

TEST_F(HttpValues, AHealthTextOfAnyKindIsDegradedAndOneLine) {
  for (const auto& name : names) {
    ASSERT_EQ(class_of(ask("ws-gateway.health", Json{{"status", name}, {"checks", {{name, {{"status", name}, {"error", name}}}}}}.dump())),
              "rows")
        << name;
    ASSERT_EQ(trial->stored(), std::nullopt) << name;
    EXPECT_EQ(first("SELECT status FROM service WHERE service = 'ws-gateway'"), "degraded");
    EXPECT_EQ(number("SELECT count(*) FROM service_component WHERE service = 'ws-gateway' AND (component GLOB '*[' || char(10) || char(27) "
                     "|| ']*' OR error GLOB '*[' || char(10) || char(27) || ']*')"),
              0);
  }
}

TEST_F(HttpValues, OfTenThousandChecksAHundredAreKeptAndTheRestCounted) {
  Json checks;
  for (int i = 0; i < 10'000; ++i) checks["check " + std::to_string(i)] = {{"status", "healthy"}};
  ASSERT_EQ(class_of(ask("ws-gateway.health", Json{{"status", "healthy"}, {"checks", checks}}.dump())), "rows");
  EXPECT_EQ(trial->stored(), std::nullopt);
  const auto kept = trial->store().query("SELECT count(*) AS parts, max(error) AS error FROM component WHERE service = 'ws-gateway'");
  EXPECT_EQ(integer(kept.at(0, "parts")), 102) << "the connection, a hundred checks and what is said of the rest";
  EXPECT_EQ(text(kept.at(0, "error")), "9900 more checks are not shown");
}

// A check's name is the name of a place; but it is somebody else's, and may be anything.
TEST_F(HttpValues, AnOddCheckIsShownBriefly) {
  for (const std::string& name :
       {std::string("odd name"), std::string(5000, 'x'), std::string("\n\x1b[31m"), std::string("\xE2\x80\xAE")}) {
    const auto outcome = ask("ws-gateway.health",
                             Json{{"status", "healthy"}, {"checks", {{name, {{"status", canary}, {"healthy", 5}, {"error", 5}}}}}}.dump());
    ASSERT_EQ(class_of(outcome), "rows");
    EXPECT_EQ(first("SELECT status FROM service WHERE service = 'ws-gateway'"), "healthy");
    EXPECT_EQ(number("SELECT count(*) FROM service_component WHERE service = 'ws-gateway' AND (length(component) > 300 OR "
                     "component GLOB '*[' || char(10) || char(27) || ']*')"),
              0);
    EXPECT_EQ(number("SELECT count(*) FROM component WHERE service = 'ws-gateway' AND component <> 'connection' AND status <> 'healthy'"),
              1);
  }
}

}  // namespace
}  // namespace hostile
