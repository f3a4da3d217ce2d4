// Which settings send a credential in clear or to a server that nothing verifies.
#include "settings/unprotected.hpp"

#include <gtest/gtest.h>

#include "settings/settings.hpp"
#include "support.hpp"

namespace gateway {
namespace {

const Variables credentials{
    {"GRAFANA_POSTGRES_PASSWORD", "s3cret-p"}, {"RABBITMQ_PASSWORD", "s3cret-q"}, {"MODEL_SERVICE_API_KEY", "s3cret-k"}};

std::vector<std::string> lines_of(Variables variables) {
  variables.insert(credentials.begin(), credentials.end());
  return unprotected_credentials(settings_of(variables));
}

TEST(UnprotectedCredentials, are_named_with_the_setting_and_without_the_secret) {
  const auto lines = lines_of({});
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("POSTGRES_SSLMODE=prefer: ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("RABBITMQ_MANAGEMENT_TLS=false: ")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with("model-service: ")) << lines[2];
  for (const auto& line : lines) EXPECT_EQ(line.find("s3cret"), std::string::npos);
}

TEST(UnprotectedCredentials, are_none_with_tls_that_verifies) {
  for (const auto* mode : {"verify-ca", "verify-full"})
    EXPECT_TRUE(lines_of({{"POSTGRES_SSLMODE", mode}, {"RABBITMQ_MANAGEMENT_TLS", "true"}, {"MODEL_SERVICE_URL", "https://model-service"}})
                    .empty());
  EXPECT_EQ(lines_of({{"POSTGRES_SSLMODE", "require"}, {"RABBITMQ_MANAGEMENT_TLS", "true"}, {"MODEL_SERVICE_URL", ""}}).size(), 1U);
}

TEST(UnprotectedCredentials, are_none_on_this_machine) {
  for (const auto* host : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(lines_of({{"POSTGRES_HOST", host}, {"RABBITMQ_HOST", host}, {"MODEL_SERVICE_URL", "http://127.0.0.1:1"}}).empty()) << host;
  }
  EXPECT_EQ(lines_of({{"POSTGRES_HOST", "/run/postgresql,db"}, {"RABBITMQ_HOST", "127.evil.example"}}).size(), 3U);
  EXPECT_EQ(lines_of({{"POSTGRES_HOST", "/run/postgresql"}, {"RABBITMQ_HOST", "::1"}}).size(), 1U);
}

TEST(UnprotectedCredentials, need_a_credential) {
  EXPECT_TRUE(unprotected_credentials(settings_of({{"RABBITMQ_MANAGEMENT_TLS", "true"}})).empty());
}

}  // namespace
}  // namespace gateway
