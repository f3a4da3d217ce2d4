// The broker's user for the gateway sees the management API and can change nothing: no message, no queue, no user, no policy.
#include <fmt/format.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class BrokerReadOnly : public Integration {
 protected:
  // Made as in production, by the shipped script.
  void SetUp() override {
    const auto programs = directory().parent_path() / "programs";
    std::filesystem::create_directory(programs);
    std::ofstream(programs / "rabbitmqctl") << fmt::format("#!/bin/sh\nexec '{}/rabbitmq' ctl '{}' \"$@\"\n", UPSTREAM_SCRIPTS,
                                                           upstreams.directory().string());
    std::filesystem::permissions(programs / "rabbitmqctl", std::filesystem::perms{0755});
    const auto command = fmt::format("echo '{}' | '{}/../../gateway/deploy/rabbitmq-monitoring-user' shipped", password, UPSTREAM_SCRIPTS);
    const auto done = run({"sh", "-c", command}, {{"PATH", programs.string() + ":/usr/sbin:/usr/bin:/sbin:/bin"}});
    ASSERT_EQ(done.code, 0) << done.output << done.errors;
  }
  void TearDown() override {
    upstreams.rabbitmq().ctl({"delete_user", "shipped"});
    Integration::TearDown();
  }
  std::string as_monitor(const std::string& method, const std::string& path, const std::string& body = "{}") {
    return upstreams.broker().request_as("shipped", password, method, path, body);
  }

  const std::string password = "shipped-secret-8d";
};

TEST_F(BrokerReadOnly, TheMonitoringUserHasNoRightBeyondLooking) {
  auto& broker = upstreams.broker();
  broker.declare("/", "orders");
  broker.publish("/", "orders", 1);
  ASSERT_TRUE(as_monitor("GET", "queues/%2F/orders").starts_with("200 "));
  const std::string message = R"({"properties":{},"routing_key":"orders","payload":"x","payload_encoding":"string"})";
  const std::string shovel = R"({"value":{"src-uri":"amqp://","src-queue":"orders","dest-uri":"amqp://","dest-queue":"mine"}})";
  struct Attempt {
    const char *method, *path;
    std::string body = "{}";
  };
  for (const auto& [method, path, body] : std::vector<Attempt>{
           {"POST", "exchanges/%2F/amq.default/publish", message},
           {"POST", "exchanges/%2F/amq.topic/publish", message},
           {"POST", "queues/%2F/orders/get", R"({"count":1,"ackmode":"ack_requeue_false","encoding":"auto"})"},
           {"POST", "queues/%2F/orders/get", R"({"count":1,"ackmode":"reject_requeue_true","encoding":"auto"})"},
           {"DELETE", "queues/%2F/orders/contents"},
           {"DELETE", "queues/%2F/orders"},
           {"PUT", "queues/%2F/mine", R"({"durable":true})"},
           {"PUT", "exchanges/%2F/mine", R"({"type":"fanout"})"},
           {"POST", "bindings/%2F/e/amq.topic/q/orders", R"({"routing_key":"#"})"},
           {"PUT", "vhosts/mine"},
           {"DELETE", "vhosts/%2F"},
           {"PUT", "users/mine", R"({"password":"x","tags":"administrator"})"},
           {"PUT", "users/shipped", R"({"password":"x","tags":"administrator"})"},
           {"GET", "users"},
           {"DELETE", "users/guest"},
           {"PUT", "permissions/%2F/shipped", R"({"configure":".*","write":".*","read":".*"})"},
           {"PUT", "topic-permissions/%2F/shipped", R"({"exchange":"amq.topic","write":".*","read":".*"})"},
           {"PUT", "policies/%2F/mine", R"({"pattern":".*","definition":{"message-ttl":1}})"},
           {"PUT", "operator-policies/%2F/mine", R"({"pattern":".*","definition":{"message-ttl":1}})"},
           {"PUT", "parameters/shovel/%2F/mine", shovel},
           {"PUT", "global-parameters/mine", R"({"value":"x"})"},
           {"PUT", "cluster-name", R"({"name":"mine"})"},
           {"GET", "definitions"},
           {"POST", "definitions", R"({"users":[{"name":"mine","password":"x","tags":"administrator"}]})"},
           {"POST", "rebalance/queues"},
           {"PUT", "user-limits/shipped/max-connections", R"({"value":1})"},
           {"PUT", "vhost-limits/%2F/max-queues", R"({"value":0})"},
       }) {
    const auto answer = as_monitor(method, path, body);
    // The broker's own refusal of a message is passed on as a bad request.
    EXPECT_TRUE(answer.starts_with("401 ") || answer.starts_with("403 ") || answer.find("ACCESS_REFUSED") != std::string::npos)
        << method << ' ' << path << ": " << answer;
  }
  settings["RABBITMQ_MANAGEMENT_USER"] = "shipped";
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = password;
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT name, messages FROM queue_now"), "orders|1")) << "nothing has changed";
}

}  // namespace
}  // namespace integration
