// Where passwords and keys come from, and that no fault shows one.
#include <gtest/gtest.h>

#include "settings_faults.hpp"

namespace gateway {
namespace {

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

}  // namespace
}  // namespace gateway
