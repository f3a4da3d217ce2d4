// Settings from the environment: defaults, each kind of value, all faults in one go.
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include "settings/duration.hpp"
#include "settings/size.hpp"
#include "settings_faults.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

TEST(Settings, a_host_is_no_url_and_has_no_credentials) {
  for (const char* host : {"postgres://u:s3cret@db/ytrader", "u:s3cret@db", "http://db", "a,u:s3cret@b", "a,,b", "a,"}) {
    EXPECT_EQ(faulty({{"POSTGRES_HOST", host}, {"POSTGRES_PORT", "5432"}}), std::vector<std::string>{"POSTGRES_HOST"}) << host;
    for (const auto& fault : faults_of({{"POSTGRES_HOST", host}})) {
      EXPECT_EQ((fault.shown + fault.remedy).find("s3cret"), std::string::npos);
    }
  }
  EXPECT_EQ(faulty({{"RABBITMQ_HOST", "amqp://u:s3cret@mq"}}), std::vector<std::string>{"RABBITMQ_HOST"});
  EXPECT_EQ(faulty({{"RABBITMQ_HOST", "a,b"}}), std::vector<std::string>{"RABBITMQ_HOST"});
  EXPECT_TRUE(faulty({{"POSTGRES_HOST", "/run/post@gres"}}).empty()) << "a socket's directory";
}

TEST(Settings, several_hosts_have_one_port_or_one_each) {
  EXPECT_TRUE(faulty({{"POSTGRES_HOST", "a,b"}}).empty());
  EXPECT_TRUE(faulty({{"POSTGRES_HOST", "a,b"}, {"POSTGRES_PORT", "5432,5433"}}).empty());
  for (const char* ports : {"1,2,3", "5432,", "0", "65536", "x", "5432,x"}) {
    EXPECT_EQ(faulty({{"POSTGRES_HOST", "a,b"}, {"POSTGRES_PORT", ports}}), std::vector<std::string>{"POSTGRES_PORT"}) << ports;
  }
  EXPECT_EQ(faulty({{"POSTGRES_PORT", "1,2"}}), std::vector<std::string>{"POSTGRES_PORT"});
}

TEST(Settings, an_empty_environment_gives_the_defaults) {
  const auto s = settings_of({});
  EXPECT_EQ(s.postgres.host, "postgres");
  EXPECT_EQ(s.postgres.port, "5432");
  EXPECT_EQ(s.postgres.database, "ytrader");
  EXPECT_EQ(s.postgres.sslmode, "prefer");
  EXPECT_EQ(s.postgres.user, "grafana_monitor");
  EXPECT_EQ(s.postgres.pace.interval, 10s);
  EXPECT_EQ(s.postgres.pace.timeout, 5s);
  EXPECT_EQ(s.postgres.pace.stale_after, 30s);
  EXPECT_EQ(s.rabbitmq.url.host, "rabbitmq");
  EXPECT_EQ(s.rabbitmq.url.port, 15672);
  EXPECT_FALSE(s.rabbitmq.url.tls);
  EXPECT_EQ(s.rabbitmq.user, "guest");
  EXPECT_EQ(s.rabbitmq.password.read(), "guest");
  EXPECT_EQ(s.rabbitmq.pace.interval, 15s);
  EXPECT_EQ(s.rabbitmq.pace.timeout, 10s);
  EXPECT_EQ(s.rabbitmq.pace.stale_after, 45s);
  EXPECT_EQ(s.rabbitmq.lag_messages, 1000);
  EXPECT_EQ(s.rabbitmq.lag_ratio, 0.1);
  EXPECT_TRUE(s.rabbitmq.lag_ignore.empty());
  EXPECT_EQ(s.services_pace.interval, 10s);
  EXPECT_EQ(s.services_pace.timeout, 3s);
  EXPECT_EQ(s.ws_quiet_after, 60s);
  EXPECT_EQ(s.backoff_cap, 60s);
  EXPECT_EQ(s.publish_interval, 500ms);
  EXPECT_EQ(s.save_interval, 60s);
  EXPECT_EQ(s.save_budget, 5'000'000'000);
  EXPECT_EQ(s.retention.history_fine, 2h);
  EXPECT_EQ(s.retention.history_minutes, 24h);
  EXPECT_EQ(s.retention.history_quarters, 14 * 24h);
  EXPECT_EQ(s.retention.event_retention, 30 * 24h);
  EXPECT_EQ(s.retention.event_max, 1000);
  EXPECT_EQ(s.cache_path, "volumes/cache/cache.db");
  EXPECT_EQ(s.cache_mode, mode_t{0444});
  EXPECT_EQ(s.log_level, "info");
  EXPECT_FALSE(s.log_json);
}

TEST(Settings, the_five_services_are_monitored_by_default) {
  const auto s = settings_of({});
  ASSERT_EQ(s.services.size(), 5U);
  EXPECT_EQ(service(s, "ws-gateway").url->host, "ws-gateway");
  EXPECT_EQ(service(s, "ws-gateway").url->port, 4400);
  EXPECT_EQ(service(s, "model-service").url->port, 4500);
  EXPECT_EQ(service(s, "order-manager").url->port, 4600);
  EXPECT_EQ(service(s, "position-manager").url->port, 4800);
  EXPECT_EQ(service(s, "feature-service").url->port, 4900);
}

TEST(Settings, an_empty_url_means_not_monitored) {
  const auto s = settings_of({{"MODEL_SERVICE_URL", ""}, {"WS_GATEWAY_URL", " "}});
  EXPECT_FALSE(service(s, "model-service").url.has_value());
  EXPECT_FALSE(service(s, "ws-gateway").url.has_value());
  EXPECT_TRUE(service(s, "order-manager").url.has_value());
}

TEST(Settings, any_other_empty_value_counts_as_not_set) {
  const auto s = settings_of({{"POSTGRES_HOST", ""}, {"POSTGRES_PORT", " "}, {"POSTGRES_INTERVAL", ""}, {"LOG_FORMAT", ""}});
  EXPECT_EQ(s.postgres.host, "postgres");
  EXPECT_EQ(s.postgres.port, "5432");
  EXPECT_EQ(s.postgres.pace.interval, 10s);
}

TEST(Settings, the_management_user_falls_back_to_the_brokers) {
  const auto s = settings_of({{"RABBITMQ_USER", "trader"}, {"RABBITMQ_PASSWORD", "p1"}});
  EXPECT_EQ(s.rabbitmq.user, "trader");
  EXPECT_EQ(s.rabbitmq.password.read(), "p1");
  const auto own = settings_of({{"RABBITMQ_USER", "trader"},
                                {"RABBITMQ_PASSWORD", "p1"},
                                {"RABBITMQ_MANAGEMENT_USER", "monitor"},
                                {"RABBITMQ_MANAGEMENT_PASSWORD", "p2"}});
  EXPECT_EQ(own.rabbitmq.user, "monitor");
  EXPECT_EQ(own.rabbitmq.password.read(), "p2");
}

TEST(Settings, the_cache_is_never_writable_nor_closed_to_its_owner) {
  EXPECT_EQ(settings_of({{"CACHE_MODE", "0440"}}).cache_mode, mode_t{0440});
  EXPECT_EQ(settings_of({{"CACHE_MODE", "0400"}}).cache_mode, mode_t{0400});
  for (const auto* mode : {"0644", "0640", "0660", "0666", "0040", "0555", "4444", "444", "0", "rw", "0440x"}) {
    const auto faults = faults_of({{"CACHE_MODE", mode}});
    ASSERT_EQ(faults.size(), 1U) << mode;
    EXPECT_EQ(faults[0].variable, "CACHE_MODE");
    EXPECT_NE(faults[0].remedy.find("0440"), std::string::npos) << faults[0].remedy;
  }
}

TEST(Settings, stale_after_follows_the_interval_unless_it_is_set) {
  EXPECT_EQ(settings_of({{"POSTGRES_INTERVAL", "1m"}}).postgres.pace.stale_after, 3min);
  const auto s = settings_of({{"STALE_AFTER", "90s"}, {"POSTGRES_INTERVAL", "1m"}});
  EXPECT_EQ(s.postgres.pace.stale_after, 90s);
  EXPECT_EQ(s.rabbitmq.pace.stale_after, 90s);
  EXPECT_EQ(s.services_pace.stale_after, 90s);
}

TEST(Settings, a_size_has_a_unit_and_is_no_trifle) {
  EXPECT_EQ(parse_size("5GB"), 5'000'000'000);
  EXPECT_EQ(parse_size("1.5 GB"), 1'500'000'000);
  EXPECT_EQ(parse_size("2GiB"), 2'147'483'648);
  EXPECT_EQ(parse_size("1000kB"), 1'000'000);
  for (const auto* text : {"", "5", "5G", "GB", "-5GB", "0GB", "5gb", "999kB", "5GB a day", "2000TB", "1e30TB", "nanGB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  EXPECT_EQ(settings_of({{"SAVE_BUDGET", "500MB"}}).save_budget, 500'000'000);
  SettingsReader reader(environment_of({{"SAVE_BUDGET", "much"}}));
  read_settings(reader);
  ASSERT_EQ(reader.faults().size(), 1U);
  EXPECT_EQ(reader.faults()[0].variable, "SAVE_BUDGET");
}

TEST(Settings, no_relation_between_durations_is_a_fault) {
  EXPECT_TRUE(faulty({{"STALE_AFTER", "1s"}, {"POSTGRES_INTERVAL", "1h"}, {"POSTGRES_TIMEOUT", "2h"}, {"BACKOFF_CAP", "1ms"}}).empty());
}

TEST(Settings, lists_drop_blanks) {
  EXPECT_EQ(settings_of({{"TRADING_STRATEGIES", " a, ,b,,c "}}).strategies, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Settings, all_faults_are_found_at_once) {
  EXPECT_EQ(faulty({{"POSTGRES_PORT", "0"},
                    {"POSTGRES_SSLMODE", "maybe"},
                    {"POSTGRES_INTERVAL", "10"},
                    {"RABBITMQ_MANAGEMENT_TLS", "yes"},
                    {"QUEUE_LAG_MESSAGES", "many"},
                    {"QUEUE_LAG_RATIO", "2"},
                    {"WS_GATEWAY_URL", "ws-gateway:4400"},
                    {"HEALTH_SERVICES", "nonsense"},
                    {"EVENT_MAX", "10"},
                    {"LOG_LEVEL", "loud"},
                    {"LOG_FORMAT", "xml"},
                    {"STALE_AFTER", "never"}}),
            (std::vector<std::string>{"EVENT_MAX", "HEALTH_SERVICES", "LOG_FORMAT", "LOG_LEVEL", "POSTGRES_INTERVAL", "POSTGRES_PORT",
                                      "POSTGRES_SSLMODE", "QUEUE_LAG_MESSAGES", "QUEUE_LAG_RATIO", "RABBITMQ_MANAGEMENT_TLS", "STALE_AFTER",
                                      "WS_GATEWAY_URL"}));
}

TEST(Settings, a_fault_shows_the_value_and_a_remedy) {
  const auto faults = faults_of({{"POSTGRES_INTERVAL", "soon"}});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].shown, "soon");
  EXPECT_NE(faults[0].remedy.find("10s"), std::string::npos);
}

TEST(Settings, counts_are_whole_numbers_within_bounds) {
  for (const auto* bad : {"0", "65536", "-1", "5432.5", "0x10", "54 32", "99999999999999999999"}) {
    EXPECT_EQ(faulty({{"POSTGRES_PORT", bad}}), std::vector<std::string>{"POSTGRES_PORT"}) << bad;
  }
}

TEST(Settings, a_ratio_is_from_0_to_1) {
  EXPECT_EQ(settings_of({{"QUEUE_LAG_RATIO", "0"}}).rabbitmq.lag_ratio, 0);
  EXPECT_EQ(settings_of({{"QUEUE_LAG_RATIO", "1"}}).rabbitmq.lag_ratio, 1);
  const auto queues = settings_of({{"QUEUE_LAG_MESSAGES", "500, logs.*=100000 ,a=b=7"}}).rabbitmq;
  EXPECT_EQ(queues.lag_messages, 500);
  EXPECT_EQ(queues.lag_messages_of, (std::vector<std::pair<std::string, std::int64_t>>{{"logs.*", 100000}, {"a=b", 7}}));
  for (const auto* bad : {"-0.1", "1.1", "nan", "inf", "10%", "0,5"}) {
    EXPECT_EQ(faulty({{"QUEUE_LAG_RATIO", bad}}), std::vector<std::string>{"QUEUE_LAG_RATIO"}) << bad;
  }
}

struct Duration {
  const char* text;
  std::optional<Milliseconds> parsed;
};

class ParseDuration : public ::testing::TestWithParam<Duration> {};

TEST_P(ParseDuration, reads_or_refuses) { EXPECT_EQ(parse_duration(GetParam().text), GetParam().parsed) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(AllForms, ParseDuration,
                         ::testing::Values(Duration{"500ms", 500ms}, Duration{"1ms", 1ms}, Duration{"10s", 10s}, Duration{"1m", 1min},
                                           Duration{"2h", 2h}, Duration{"14d", 14 * 24h}, Duration{"1.5s", 1500ms}, Duration{"0.5m", 30s},
                                           Duration{"", std::nullopt}, Duration{"10", std::nullopt}, Duration{"s", std::nullopt},
                                           Duration{"0s", std::nullopt}, Duration{"-5s", std::nullopt}, Duration{"+5s", std::nullopt},
                                           Duration{"0.1ms", std::nullopt}, Duration{"5 s", std::nullopt}, Duration{"5sec", std::nullopt},
                                           Duration{"5S", std::nullopt}, Duration{"1e3s", std::nullopt}, Duration{"infs", std::nullopt},
                                           Duration{"nans", std::nullopt}, Duration{"1s1s", std::nullopt},
                                           Duration{"99999999d", std::nullopt}));

TEST(Settings, the_listener_is_off_unless_it_has_an_address) {
  EXPECT_FALSE(settings_of({}).listen);
  const auto listen = [](const char* text) { return *settings_of({{"GATEWAY_LISTEN", text}}).listen; };
  EXPECT_EQ(listen("127.0.0.1:9464").address, "127.0.0.1");
  EXPECT_EQ(listen("127.0.0.1:9464").port, 9464);
  EXPECT_EQ(listen("[::1]:65535").address, "::1");
  EXPECT_EQ(listen("[::1]:65535").port, 65535);
  EXPECT_EQ(listen(":9464").address, "");
  for (const char* text : {"9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:9464x", "256.0.0.1:9464",
                           "::1:9464", "[::1]", "[127.0.0.1]:9464", "localhost:9464", "http://127.0.0.1:9464", "*:9464", "127.0.0.1:-1"}) {
    EXPECT_EQ(faulty({{"GATEWAY_LISTEN", text}}), std::vector<std::string>{"GATEWAY_LISTEN"}) << text;
  }
}

TEST(Settings, a_word_with_a_control_character_is_refused) {
  for (const auto* name : {"POSTGRES_HOST", "GRAFANA_POSTGRES_USER", "RABBITMQ_MANAGEMENT_USER", "CACHE_PATH", "WS_GATEWAY_URL"}) {
    EXPECT_EQ(faulty({{name, "http://a\x01b"}}), std::vector<std::string>{name});
    EXPECT_EQ(faulty({{name, "http://a\nb"}}), std::vector<std::string>{name});
  }
}

TEST(CachePath, is_read_alone_by_commands_that_need_no_more) {
  SettingsReader reader(environment_of({{"CACHE_PATH", "/somewhere/cache.db"}, {"POSTGRES_PORT", "nonsense"}}));
  EXPECT_EQ(read_cache_path(reader), "/somewhere/cache.db");
  EXPECT_TRUE(reader.faults().empty());
}

}  // namespace
}  // namespace gateway
