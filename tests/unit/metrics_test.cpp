// What Prometheus is told: what the published file says, and what the run counted; names bounded and escaped.
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "cache.hpp"
#include "serve/cache_metrics.hpp"
#include "serve/run_metrics.hpp"

namespace gateway {
namespace {

bool contains(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

class CacheMetrics : public ::testing::Test {
 protected:
  // As a reader sees the store now.
  std::string published() {
    EXPECT_TRUE(cache.store().copy_to(file, {.published_at = unix_now(), .count = 7}));
    return prometheus::TextSerializer().Serialize(cache_metrics(file));
  }

  TemporaryDirectory directory;
  const std::filesystem::path file = directory / "cache.db";
  Cache cache{{bare_health("postgres"), bare_source("rabbitmq.queues"), bare_health("say \"hi\"\n\\ or " + std::string(200, 'x'))},
              unix_now()};
};

TEST_F(CacheMetrics, say_what_the_views_say) {
  cache.succeed("postgres.health", unix_now());
  const auto text = published();
  EXPECT_TRUE(contains(text, "cache_gateway_source_freshness{source=\"postgres.health\",freshness=\"fresh\"} 1")) << text;
  EXPECT_TRUE(contains(text, "cache_gateway_source_freshness{source=\"postgres.health\",freshness=\"stale\"} 0")) << text;
  EXPECT_TRUE(contains(text, "cache_gateway_source_freshness{source=\"rabbitmq.queues\",freshness=\"never\"} 1")) << text;
  EXPECT_TRUE(contains(text, "cache_gateway_publishes_total 7")) << text;
  EXPECT_TRUE(contains(text, "cache_gateway_cache_readable 1")) << text;
}

TEST_F(CacheMetrics, what_is_not_available_has_no_sample) {
  const auto text = published();
  EXPECT_EQ(text.find("cache_gateway_source_age_seconds{source=\"rabbitmq.queues\"}"), std::string::npos) << text;
  EXPECT_EQ(text.find(" nan"), std::string::npos);
}

TEST_F(CacheMetrics, names_are_escaped_and_bounded) {
  const auto text = published();
  EXPECT_NE(text.find("{source=\"say \\\"hi\\\" \\\\ or xxx"), std::string::npos) << text;
  EXPECT_EQ(text.find(std::string(101, 'x')), std::string::npos);
}

TEST_F(CacheMetrics, without_a_file_only_that_is_said) {
  const auto text = prometheus::TextSerializer().Serialize(cache_metrics(directory / "none.db"));
  EXPECT_TRUE(contains(text, "cache_gateway_cache_readable 0")) << text;
  EXPECT_EQ(text.find("cache_gateway_source"), std::string::npos);
}

TEST(RunMetrics, count_attempts_and_failures_by_class_from_zero_on) {
  const Cache cache({bare_source("postgres.orders")});
  RunMetrics metrics(cache.setups(), Milliseconds{1000});
  const auto text = [&] { return prometheus::TextSerializer().Serialize(metrics.collect()); };
  EXPECT_TRUE(contains(text(), "cache_gateway_source_failures_total{class=\"timeout\",source=\"postgres.orders\"} 0")) << text();
  metrics.attempted(success_of("postgres.orders", 0), std::nullopt);
  const Error late{ErrorClass::timeout, "no answer"};
  metrics.attempted(failure_of("postgres.orders", 0, late), late);
  EXPECT_TRUE(contains(text(), "cache_gateway_source_attempts_total{source=\"postgres.orders\"} 2")) << text();
  EXPECT_TRUE(contains(text(), "cache_gateway_source_failures_total{class=\"timeout\",source=\"postgres.orders\"} 1")) << text();
  EXPECT_TRUE(contains(text(), "cache_gateway_source_failures_total{class=\"auth\",source=\"postgres.orders\"} 0")) << text();
  EXPECT_TRUE(contains(text(), "cache_gateway_source_attempt_duration_seconds_count{source=\"postgres.orders\"} 2")) << text();
  metrics.published("disk full");
  EXPECT_TRUE(contains(text(), "cache_gateway_publish_failures_total 1")) << text();
}

}  // namespace
}  // namespace gateway
