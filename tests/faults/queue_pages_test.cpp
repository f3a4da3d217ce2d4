// A listing of queues that takes longer than an attempt may: a real broker with 1,200 queues behind a line that carries so
// many bytes a second that a page of it fits, and the whole does not.
#include <fmt/format.h>

#include "../integration/support/fixture.hpp"
#include "datasets/queue_listing.hpp"
#include "gate.hpp"

namespace faults {
namespace {

using integration::eventually;

class QueuePages : public integration::Integration {
 protected:
  ~QueuePages() override { upstreams.broker().remove_vhost("many"); }
};

TEST_F(QueuePages, WhatTakesTooLongInOnePieceIsAskedForInPages) {
  auto& broker = upstreams.broker();
  broker.create_vhost("many");
  broker.allow_monitor("many");
  broker.declare_many("many", 1200);
  Gate gate(std::stoi(settings.at("RABBITMQ_MANAGEMENT_PORT")));
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(gate.port());
  settings["RABBITMQ_TIMEOUT"] = "3s";
  settings["STALE_AFTER"] = "20s";
  start_gateway();
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows, error_class"), "fresh|1200|NULL"));
  const auto pages_at_once = query("SELECT value FROM cursor WHERE source = 'rabbitmq.queues' AND name = 'pages_at_once'");

  const auto bytes = integration::run({"curl", "-s", "-u", "guest:guest", "-o", "/dev/null", "-w", "%{size_download}",
                                       fmt::format("http://127.0.0.1:{}{}", gate.port(), gateway::listing_target(true))});
  ASSERT_EQ(bytes.code, 0);
  gate.set({.kind = Kind::limit, .bytes = std::stoul(bytes.output) * 2 / 9});  // the whole in 4.5 s, a page in less than two
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "error_class"), "timeout"));
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows, error_class"), "fresh|1200|NULL"))
      << reader.text("SELECT time, duration_ms, rows, error FROM source_attempt WHERE source = 'rabbitmq.queues' ORDER BY time");
  EXPECT_EQ(reader.text("SELECT count(*) FROM queue WHERE gone_at IS NOT NULL"), "0");
  broker.remove("many", "q00700");
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "rows"), "1199"));
  EXPECT_EQ(reader.text("SELECT name FROM queue WHERE gone_at IS NOT NULL"), "q00700");
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");

  gate.set({});
  ASSERT_TRUE(eventually(pages_at_once, "0")) << "in one piece again";
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows, error_class"), "fresh|1199|NULL"));
}

}  // namespace
}  // namespace faults
