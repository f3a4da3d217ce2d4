#include "settings/unprotected.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "settings/object_store.hpp"
#include "settings/settings.hpp"

namespace gateway {
namespace {

bool is_remote(std::string_view host) {
  host = trimmed(host);
  const bool loopback = host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return !loopback && !host.starts_with('/') && host != "localhost" && host != "::1" && host != "[::1]";
}

}  // namespace

std::vector<std::string> unprotected_credentials(const Settings& settings) {
  std::vector<std::string> lines;
  const auto look_at = [&](const PostgresSettings& postgres, const std::string& setting) {
    if (postgres.password.empty() || postgres.sslmode.starts_with("verify-") || std::ranges::none_of(split(postgres.host, ','), is_remote))
      return;
    lines.push_back(
        fmt::format("{}{}: the login is not bound to a verified server at {}; use verify-full", setting, postgres.sslmode, postgres.host));
  };
  look_at(settings.postgres, "POSTGRES_SSLMODE=");
  for (const auto& database : settings.databases) look_at(database.at, database.name + ", sslmode: ");
  const auto& rabbitmq = settings.rabbitmq;
  if (!rabbitmq.password.empty() && !rabbitmq.url.tls && is_remote(rabbitmq.url.host)) {
    lines.push_back(fmt::format("RABBITMQ_MANAGEMENT_TLS=false: the password goes to {} in clear; use true", rabbitmq.url.host));
  }
  for (const auto& service : settings.services) {
    if (service.api_key.empty() || !service.url || service.url->tls || !is_remote(service.url->host)) continue;
    lines.push_back(fmt::format("{}: its API key goes to {} in clear; use https://", service.name, service.url->host));
  }
  return lines;
}

std::optional<std::string> unprotected_upload(const ObjectStoreSettings& store) {
  if ((!store.upload && store.follow.empty()) || store.endpoint.tls || !is_remote(store.endpoint.host)) return std::nullopt;
  return fmt::format("OBJECT_STORE_ENDPOINT: the cache {} {} in clear; use https://", store.upload ? "goes to" : "comes from",
                     store.endpoint.host);
}

}  // namespace gateway
