// `once`: one attempt at every source and one publish; the exit code says how that went.
#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Once : public Integration {
 protected:
  Once() { be_patient(); }
};

TEST_F(Once, AllSucceededIsZeroAndPublished) {
  insert_signals(upstreams, "momentum", 1, 3);
  upstreams.broker().declare("/", "orders");
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 0) << done.errors;
  EXPECT_EQ(reader.text("SELECT publish_count FROM gateway"), "1");
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
  EXPECT_EQ(reader.text("SELECT count(*) FROM queue_now"), "1");
  EXPECT_EQ(reader.text("SELECT source, freshness, error FROM source_status WHERE freshness NOT IN ('fresh', 'off')"), "");
}

// Any positive duration is a setting; PostgreSQL's own are whole numbers of 32 bits.
TEST_F(Once, ATimeoutOfAMonthIsNoFault) {
  settings["POSTGRES_TIMEOUT"] = "30d";
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 0) << done.errors;
}

TEST_F(Once, SomeFailedIsThreeAndPublishedAllTheSame) {
  insert_signals(upstreams, "momentum", 1, 3);
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 3) << done.errors;
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
  EXPECT_EQ(reader.source("rabbitmq.queues", "freshness, error_class"), "never|refused");
  EXPECT_EQ(reader.text("SELECT upstream, ended_at FROM outage"), "rabbitmq|NULL") << "there is no second attempt to wait for";
}

TEST_F(Once, RefusedCredentialsFailToo) {
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "not-this-one";
  EXPECT_EQ(cache_gateway({"once"}, settings).code, 3);
}

TEST_F(Once, AMuteUpstreamEndsWithItsTimeout) {
  ScriptedService service;
  service.be_mute();
  settings["WS_GATEWAY_URL"] = service.url();
  settings["SERVICES_TIMEOUT"] = "300ms";
  EXPECT_EQ(cache_gateway({"once"}, settings).code, 3);
  EXPECT_EQ(reader.source("ws-gateway.health", "freshness, error_class"), "never|timeout");
  EXPECT_EQ(reader.source("postgres.signals"), "fresh");
}

TEST_F(Once, FaultySettingsAreTwoAndAllNamed) {
  settings["POSTGRES_PORT"] = "many";
  settings["STALE_AFTER"] = "soon";
  settings["RABBITMQ_MANAGEMENT_TLS"] = "perhaps";
  settings["WS_GATEWAY_URL"] = "not a url";
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 2);
  for (const char* name : {"POSTGRES_PORT", "STALE_AFTER", "RABBITMQ_MANAGEMENT_TLS", "WS_GATEWAY_URL"}) {
    EXPECT_NE(done.errors.find(name), std::string::npos) << name << " is missing in: " << done.errors;
  }
  EXPECT_FALSE(std::filesystem::exists(cache()));
}

TEST_F(Once, NotPublishedIsOne) {
  std::ofstream(directory() / "file") << "not a directory";
  settings["CACHE_PATH"] = (directory() / "file" / "cache.db").string();
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 1);
  EXPECT_NE(done.errors.find("publish_failed"), std::string::npos) << done.errors;
}

TEST_F(Once, WhatWasKnownBeforeStays) {
  insert_signals(upstreams, "momentum", 1, 3);
  ASSERT_EQ(cache_gateway({"once"}, settings).code, 0);
  upstreams.postgres().stop();
  EXPECT_EQ(cache_gateway({"once"}, settings).code, 3);
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
}

}  // namespace
}  // namespace integration
