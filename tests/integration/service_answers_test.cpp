// What a service's answer, or its silence, means: error class, verdict at once, and verdict once the last good answer is
// stale. Silence, refused credentials and nonsense are no observation; a refusal and a 5xx are one.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class ServiceAnswers : public Integration {
 protected:
  ServiceAnswers() {
    settings["ORDER_MANAGER_URL"] = service.url();
    settings["STALE_AFTER"] = "4s";  // long enough to see what comes before it
  }

  ::testing::AssertionResult is_healthy_first() {
    start_gateway();
    return service_becomes("order-manager", "healthy");
  }

  // Error class, freshness, verdict, last known status: of one moment.
  Look state() const {
    return query(
        "SELECT s.error_class, s.freshness, h.effective_status, h.last_known_status FROM source_status s, service_health h "
        "WHERE s.source = 'order-manager.health' AND h.service = 'order-manager'");
  }

  ::testing::AssertionResult recovers() {
    service.be_healthy();
    return eventually(state(), "NULL|fresh|healthy|healthy");
  }

  ScriptedService service;
};

TEST_F(ServiceAnswers, SilenceIsNoObservationAndThenUnknown) {
  ASSERT_TRUE(is_healthy_first());
  service.be_mute();
  ASSERT_TRUE(eventually(state(), "timeout|fresh|healthy|healthy"));
  ASSERT_TRUE(eventually(state(), "timeout|stale|unknown|healthy"));
  EXPECT_EQ(reader.text("SELECT status FROM system_health"), "unknown");
  EXPECT_EQ(reader.text("SELECT upstream, ended_at, error_class FROM outage"), "order-manager|NULL|timeout");
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, AConnectionThatClosesWithoutAnAnswerIsUnhealthy) {
  ASSERT_TRUE(is_healthy_first());
  service.stop();
  ASSERT_TRUE(service_becomes("order-manager", "unhealthy"));
  ASSERT_TRUE(eventually(state(), "refused|stale|unhealthy|unhealthy"));
  service.start();
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, TheWorseOfStatusTextAndHttpStatusCounts) {
  ASSERT_TRUE(is_healthy_first());
  service.answer(503, R"({"status":"unhealthy","service":"order-manager"})");
  ASSERT_TRUE(eventually(state(), "NULL|fresh|unhealthy|unhealthy"));
  service.answer(503, R"({"status":"warming up"})");
  ASSERT_TRUE(eventually([&] { return reader.service("order-manager", "error"); }, "HTTP 503, \"warming up\""));
  EXPECT_EQ(state()(), "NULL|fresh|unhealthy|unhealthy");
  service.answer(503, R"({"status":"UP"})");
  ASSERT_TRUE(eventually(state(), "NULL|fresh|degraded|degraded"));
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, AnUnknownStatusTextIsDegraded) {
  ASSERT_TRUE(is_healthy_first());
  service.answer(200, R"({"status":"limping"})");
  ASSERT_TRUE(eventually(state(), "NULL|fresh|degraded|degraded"));
  // Once nobody else is stale for a moment, as happens on a busy machine.
  EXPECT_TRUE(eventually([&] { return reader.text("SELECT status FROM system_health"); }, "degraded"));
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, A500WithoutStatusTextIsUnhealthyAtOnce) {
  ASSERT_TRUE(is_healthy_first());
  service.answer(500, "Internal Server Error", "text/plain");
  ASSERT_TRUE(eventually(state(), "http|fresh|unhealthy|unhealthy"));
  ASSERT_TRUE(eventually(state(), "http|stale|unhealthy|unhealthy"));
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, NoSuchEndpointIsUnknownAtOnce) {
  ASSERT_TRUE(is_healthy_first());
  service.answer(404, R"({"detail":"Not Found"})");
  ASSERT_TRUE(eventually(state(), "missing|missing|unknown|healthy"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0") << "whoever answers is alive";
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, RefusedCredentialsAreNoObservationAndThenUnknown) {
  ASSERT_TRUE(is_healthy_first());
  service.answer(401, R"({"error":"Invalid API key","code":"AUTHENTICATION_FAILED"})");
  ASSERT_TRUE(eventually(state(), "auth|fresh|healthy|healthy"));
  ASSERT_TRUE(eventually(state(), "auth|stale|unknown|healthy"));
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, NonsenseIsNoObservationAndThenUnknown) {
  ASSERT_TRUE(is_healthy_first());
  for (const char* nonsense : {"", "   ", "[]", "{}", R"({"status":5})", "<html>", R"({"status":"healthy")"}) {
    service.answer(200, nonsense);
    ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "malformed")) << nonsense;
    EXPECT_EQ(reader.service("order-manager", "last_known_status"), "healthy") << nonsense;
  }
  ASSERT_TRUE(eventually(state(), "malformed|stale|unknown|healthy"));
  ASSERT_TRUE(recovers());
}

TEST_F(ServiceAnswers, AServiceThatNeverAnsweredIsUnknown) {
  service.be_mute();
  start_gateway();
  ASSERT_TRUE(eventually(state(), "timeout|never|unknown|NULL"));
  EXPECT_EQ(reader.text("SELECT status, freshness FROM system_health"), "unknown|never");
}

TEST_F(ServiceAnswers, AServiceThatIsNotConfiguredCountsForNothing) {
  ASSERT_TRUE(is_healthy_first());
  ASSERT_TRUE(eventually(query("SELECT status FROM system_health"), "healthy"));
  EXPECT_EQ(reader.service("ws-gateway", "effective_status, freshness"), "unknown|off");
}

}  // namespace
}  // namespace integration
