// Settings from the environment: defaults, each kind of value, all faults in one go, and no secret in any of them.
#include "settings/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "settings/duration.hpp"
#include "settings/size.hpp"
#include "support.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

std::vector<SettingError> faults_of(const Variables& variables) {
  SettingsReader reader(environment_of(variables));
  read_settings(reader);
  return reader.faults();
}

std::vector<std::string> faulty(const Variables& variables) {
  std::vector<std::string> names;
  for (const auto& fault : faults_of(variables)) names.push_back(fault.variable);
  std::ranges::sort(names);
  return names;
}

const ServiceSettings& service(const Settings& settings, const std::string& name) {
  return *std::ranges::find(settings.services, name, &ServiceSettings::name);
}

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

TEST(ParseUrl, takes_it_apart) {
  const auto url = parse_url("https://example.org:8443/base/");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/base/") << "as written: some servers redirect from the one without the slash";
}

TEST(ParseUrl, knows_the_ports_of_its_schemes) {
  EXPECT_EQ(parse_url("http://host")->port, 80);
  EXPECT_EQ(parse_url("https://host")->port, 443);
}

TEST(ParseUrl, takes_ipv6_in_brackets) {
  const auto url = parse_url("http://[::1]:4400");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 4400);
}

TEST(ParseUrl, refuses_what_is_none) {
  for (const auto* bad : {"", "host", "host:80", "ftp://host", "http://", "http://:80", "http://host:", "http://host:0",
                          "http://host:65536", "http://host:80x", "http://user:pw@host", "http://host/?q=1", "http://host/#x",
                          "http://host?q", "http://ho st", "http://[::1", "http://[::1]80", "http://host/a b"}) {
    EXPECT_FALSE(parse_url(bad).has_value()) << bad;
  }
}

TEST(Secrets, with_a_control_character_are_refused) {
  const TemporaryDirectory directory;
  for (const std::string bad : {"a\nb", "a\r\nX-Admin: 1", "a\tb", "a\x1B[m", "a\x7F"}) {
    write_file(directory / "secret", bad + "\n");
    EXPECT_EQ(faulty({{"WS_GATEWAY_API_KEY_FILE", (directory / "secret").string()}}), std::vector<std::string>{"WS_GATEWAY_API_KEY_FILE"})
        << bad;
    EXPECT_EQ(faulty({{"GRAFANA_POSTGRES_PASSWORD", bad}}), std::vector<std::string>{"GRAFANA_POSTGRES_PASSWORD"}) << bad;
  }
  write_file(directory / "secret", std::string("a\0b", 3));
  EXPECT_EQ(faulty({{"RABBITMQ_PASSWORD_FILE", (directory / "secret").string()}}), std::vector<std::string>{"RABBITMQ_PASSWORD_FILE"});
}

TEST(Secrets, a_refusal_does_not_show_them) {
  const auto faults = faults_of({{"WS_GATEWAY_API_KEY", "s3cret\nX-Admin: 1"}});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ((faults[0].shown + faults[0].remedy).find("s3cret"), std::string::npos);
}

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

TEST(Secrets, are_taken_from_the_variable) { EXPECT_EQ(settings_of({{"GRAFANA_POSTGRES_PASSWORD", "pw"}}).postgres.password.read(), "pw"); }

TEST(Secrets, are_taken_from_a_file_without_its_line_end) {
  const TemporaryDirectory directory;
  write_file(directory / "secret", "p w\n");
  const auto file = (directory / "secret").string();
  const auto s = settings_of({{"GRAFANA_POSTGRES_PASSWORD_FILE", file},
                              {"RABBITMQ_MANAGEMENT_PASSWORD_FILE", file},
                              {"WS_GATEWAY_API_KEY_FILE", file},
                              {"ORDERMANAGER_API_KEY_FILE", file}});
  EXPECT_EQ(s.postgres.password.read(), "p w");
  EXPECT_EQ(s.rabbitmq.password.read(), "p w");
  EXPECT_EQ(service(s, "ws-gateway").api_key.read(), "p w");
  EXPECT_EQ(service(s, "order-manager").api_key.read(), "p w");
}

TEST(Secrets, the_brokers_password_file_counts_for_management_too) {
  const TemporaryDirectory directory;
  write_file(directory / "secret", "from-file");
  EXPECT_EQ(settings_of({{"RABBITMQ_PASSWORD_FILE", (directory / "secret").string()}}).rabbitmq.password.read(), "from-file");
}

TEST(Secrets, are_read_from_their_file_again_whenever_they_are_used) {
  const TemporaryDirectory directory;
  const auto file = directory / "secret";
  write_file(file, "first-value");
  const auto password = settings_of({{"GRAFANA_POSTGRES_PASSWORD_FILE", file.string()}}).postgres.password;
  write_file(file, "second-value\n");
  EXPECT_EQ(password.read(), "second-value");
  for (const char* unusable : {"", "two\nlines"}) {
    write_file(file, unusable);
    EXPECT_EQ(password.read(), "second-value") << "in the middle of a rotation the last one counts";
  }
  std::filesystem::remove(file);
  EXPECT_EQ(password.read(), "second-value");
  EXPECT_EQ(password.seen(), (std::vector<std::string>{"second-value", "first-value"})) << "a peer may still repeat the old one";
}

TEST(Secrets, both_a_value_and_a_file_are_a_fault) {
  const TemporaryDirectory directory;
  write_file(directory / "secret", "one-thing");
  EXPECT_EQ(faulty({{"WS_GATEWAY_API_KEY", "another"}, {"WS_GATEWAY_API_KEY_FILE", (directory / "secret").string()}}),
            std::vector<std::string>{"WS_GATEWAY_API_KEY_FILE"});
}

TEST(Secrets, an_unreadable_or_empty_file_is_a_fault) {
  const TemporaryDirectory directory;
  write_file(directory / "empty", "");
  for (const auto& file : {directory / "absent", directory / "empty", directory.path()}) {
    EXPECT_EQ(faulty({{"MODEL_SERVICE_API_KEY_FILE", file.string()}}), std::vector<std::string>{"MODEL_SERVICE_API_KEY_FILE"}) << file;
  }
}

TEST(Secrets, never_show_in_a_fault) {
  const TemporaryDirectory directory;
  write_file(directory / "secret", "s3cret");
  const auto file = (directory / "secret").string();
  const auto faults = faults_of({{"GRAFANA_POSTGRES_PASSWORD", "s3cret"},
                                 {"GRAFANA_POSTGRES_PASSWORD_FILE", file},
                                 {"RABBITMQ_MANAGEMENT_PASSWORD", "s3cret"},
                                 {"RABBITMQ_MANAGEMENT_PASSWORD_FILE", file},
                                 {"MODEL_SERVICE_API_KEY", "s3cret"},
                                 {"MODEL_SERVICE_API_KEY_FILE", file},
                                 {"WS_GATEWAY_URL", "http://user:s3cret@ws-gateway:4400"},
                                 {"MODEL_SERVICE_URL", "http://s3cret@model-service:4500"},
                                 {"ORDER_MANAGER_URL", "ftp://u:p@s3cret@order-manager"},
                                 {"HEALTH_SERVICES", "position-manager=http://user:s3cret@position-manager:4800/health"}});
  EXPECT_EQ(faults.size(), 7U);
  for (const auto& fault : faults) {
    EXPECT_EQ(fault.shown.find("s3cret"), std::string::npos) << fault.variable;
    EXPECT_EQ(fault.remedy.find("s3cret"), std::string::npos) << fault.variable;
  }
}

TEST(Secrets, a_key_in_the_query_of_a_url_does_not_show) {
  for (const auto* url : {"http://ws-gateway:4400/?api_key=s3cret", "http://ws-gateway:4400?api_key=s3cret"}) {
    const auto faults = faults_of({{"WS_GATEWAY_URL", url}});
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].shown.find("s3cret"), std::string::npos) << faults[0].shown;
  }
}

TEST(Secrets, a_masked_url_still_tells_which_one_it_is) {
  const auto faults = faults_of({{"WS_GATEWAY_URL", "http://user:s3cret@ws-gateway:4400"}});
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].shown, "http://***@ws-gateway:4400");
}

TEST(Secrets, a_password_with_a_comma_does_not_show_in_any_of_its_pieces) {
  const auto faults = faults_of({{"HEALTH_SERVICES", "x=http://user:s3c,ret@x:1/health"}});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].shown, "x=***");
  EXPECT_EQ(faults[1].shown, "***");
}

TEST(HealthServices, add_to_the_services) {
  const auto s = settings_of({{"HEALTH_SERVICES", "risk=http://risk:4950/health, other=https://o:4960/status/live"}});
  ASSERT_EQ(s.services.size(), 7U);
  EXPECT_EQ(service(s, "risk").url->host, "risk");
  EXPECT_EQ(service(s, "risk").url->path, "");
  EXPECT_EQ(service(s, "risk").health_path, "/health");
  EXPECT_TRUE(service(s, "other").url->tls);
  EXPECT_EQ(service(s, "other").health_path, "/status/live");
}

TEST(HealthServices, may_still_name_the_two_that_are_known_by_now) {
  const auto s = settings_of({{"HEALTH_SERVICES", "position-manager=http://elsewhere:4801/health"}, {"POSITION_MANAGER_API_KEY", "key"}});
  ASSERT_EQ(s.services.size(), 5U);
  EXPECT_EQ(service(s, "position-manager").url->host, "elsewhere");
  EXPECT_EQ(service(s, "position-manager").api_key.read(), "key");
}

TEST(HealthServices, may_be_probed_by_tcp_alone) {
  const auto s = settings_of({{"HEALTH_SERVICES", "redis=tcp://redis:6379,six=tcp://[::1]:6380"}});
  EXPECT_TRUE(service(s, "redis").tcp);
  EXPECT_EQ(service(s, "redis").url->host, "redis");
  EXPECT_EQ(service(s, "redis").url->port, 6379);
  EXPECT_EQ(service(s, "six").url->host, "::1");
  EXPECT_FALSE(service(s, "ws-gateway").tcp);
}

TEST(HealthServices, ask_for_health_where_no_path_is_given) {
  const auto s = settings_of({{"HEALTH_SERVICES", "x=http://x:1"}});
  EXPECT_EQ(service(s, "x").health_path, "/health");
}

TEST(HealthServices, refuse_names_that_are_taken_given_twice_or_not_plain) {
  for (const auto* bad : {"gateway=http://x:1", "postgres=http://x", "rabbitmq=http://x", "ws-gateway=http://x", "a=http://x,a=http://y",
                          "Ünïcode=http://x", "with space=http://x", "a.b=http://x", "a'b=http://x", "=http://x", "a", "a=", "a=x:80",
                          "a=tcp://x", "a=tcp://[::1]", "a=tcp://x:1/path", "a=tcp://:1", "a=tcp://u:p@x:1"}) {
    EXPECT_EQ(faulty({{"HEALTH_SERVICES", bad}}), std::vector<std::string>{"HEALTH_SERVICES"}) << bad;
  }
}

TEST(CachePath, is_read_alone_by_commands_that_need_no_more) {
  SettingsReader reader(environment_of({{"CACHE_PATH", "/somewhere/cache.db"}, {"POSTGRES_PORT", "nonsense"}}));
  EXPECT_EQ(read_cache_path(reader), "/somewhere/cache.db");
  EXPECT_TRUE(reader.faults().empty());
}

}  // namespace
}  // namespace gateway
