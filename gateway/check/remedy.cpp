#include "check/remedy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gateway {
namespace {

// The settings that say where an upstream is and who we are there.
struct Names {
  std::string_view upstream, address, timeout, credentials;
};

constexpr std::array known{
    Names{"postgres", "POSTGRES_HOST and POSTGRES_PORT", "POSTGRES_TIMEOUT", "GRAFANA_POSTGRES_USER and GRAFANA_POSTGRES_PASSWORD"},
    Names{"rabbitmq", "RABBITMQ_HOST and RABBITMQ_MANAGEMENT_PORT", "RABBITMQ_TIMEOUT",
          "RABBITMQ_MANAGEMENT_USER and RABBITMQ_MANAGEMENT_PASSWORD"},
    Names{"ws-gateway", "WS_GATEWAY_URL", "SERVICES_TIMEOUT", "WS_GATEWAY_API_KEY"},
    Names{"model-service", "MODEL_SERVICE_URL", "SERVICES_TIMEOUT", "MODEL_SERVICE_API_KEY"},
    Names{"order-manager", "ORDER_MANAGER_URL", "SERVICES_TIMEOUT", "ORDERMANAGER_API_KEY"},
    Names{"position-manager", "POSITION_MANAGER_URL", "SERVICES_TIMEOUT", "POSITION_MANAGER_API_KEY"},
    Names{"object_store", "OBJECT_STORE_ENDPOINT", "OBJECT_STORE_TIMEOUT", "OBJECT_STORE_ACCESS_KEY and OBJECT_STORE_SECRET_KEY"},
    Names{"feature-service", "FEATURE_SERVICE_URL", "SERVICES_TIMEOUT", "FEATURE_SERVICE_API_KEY"}};

Names names_of(std::string_view upstream) {
  for (const auto& names : known) {
    if (names.upstream == upstream) return names;
  }
  return {upstream, "the address in its file in DATASETS_DIR (or in HEALTH_SERVICES)", "`timeout` in that file (or SERVICES_TIMEOUT)",
          "the secret that its file in DATASETS_DIR names"};
}

bool says(std::string_view error, std::string_view part) { return error.find(part) != std::string_view::npos; }

std::string auth(std::string_view upstream, std::string_view error, const Names& names) {
  if (upstream == "postgres") {
    // These name their own statement, such as GRANT SELECT ON orders TO ...
    if (says(error, "GRANT ") || says(error, "ALTER ROLE "))
      return "as a superuser, run the statement above, or gateway/deploy/grafana_monitor.sql again";
    if (says(error, "28000"))
      return "add a line to pg_hba.conf: host DATABASE ROLE THIS_HOST/32 scram-sha-256; then: SELECT pg_reload_conf()";
    return "set GRAFANA_POSTGRES_PASSWORD to the role's password, or set the password again: psql -d ytrader -f "
           "gateway/deploy/grafana_monitor.sql";
  }
  if (upstream == "rabbitmq") {
    if (says(error, "vhost") || says(error, "queues are listed"))
      return "give the user permissions in every vhost: gateway/deploy/rabbitmq-monitoring-user";
    return fmt::format("set {}, or create the user: gateway/deploy/rabbitmq-monitoring-user (guest may log in from its own host only)",
                       names.credentials);
  }
  if (upstream == "object_store") {
    if (says(error, "clocks")) return "set the clock of this host: timedatectl set-ntp true";
    return fmt::format("set {} to keys that may write the object of OBJECT_STORE_URL (s3:PutObject)", names.credentials);
  }
  if (says(error, "GRANT ") || says(error, "permission denied"))
    return fmt::format("as the owner of the tables, run what cache-gateway grants prints for {}", upstream);
  return fmt::format("set {} to the key that the service expects", names.credentials);
}

std::string missing(std::string_view upstream) {
  if (upstream == "postgres") return "apply the trading system's migrations; if this deployment has no such table, there is nothing to do";
  if (upstream == "rabbitmq")
    return "on the broker: rabbitmq-plugins enable rabbitmq_management; RABBITMQ_MANAGEMENT_PORT is its port, not AMQP's";
  if (std::ranges::find(known, upstream, &Names::upstream) == known.end())
    return "it has no such table, column or endpoint: check the dataset's file in DATASETS_DIR, or the path in HEALTH_SERVICES";
  return "the service has no such endpoint: check the path in its URL, or set the URL empty if it is not to be monitored";
}

}  // namespace

std::string remedy_of(std::string_view upstream, std::string_view error_class, std::string_view error) {
  const auto names = names_of(upstream);
  if (error_class == "dns")
    return fmt::format("set {} to a name that resolves here; with Compose TRADING_NETWORK must name the network of its container",
                       names.address);
  if (error_class == "refused") {
    if (says(error, "TARGET_SESSION_ATTRS")) return "set POSTGRES_TARGET_SESSION_ATTRS=any, or name the right host";
    if (says(error, "53300")) return "end idle sessions, or raise max_connections in postgresql.conf";
    return fmt::format("start {}, or correct {}", upstream, names.address);
  }
  if (error_class == "closed")
    return fmt::format("read the log of {}: it closed the connection, as at a restart or behind a proxy", upstream);
  if (error_class == "timeout")
    return fmt::format("look for load or a firewall between here and {}; if it is only slow, raise {}", upstream, names.timeout);
  if (error_class == "tls") {
    if (upstream == "postgres") return "check POSTGRES_SSLMODE and POSTGRES_SSLROOTCERT, and the certificate's names and dates";
    return fmt::format("check http or https (sslmode) in the settings of {}, UPSTREAM_CA_FILE, and the certificate's names and dates",
                       upstream);
  }
  if (error_class == "auth") return auth(upstream, error, names);
  if (error_class == "missing") return missing(upstream);
  if (error_class == "config") return "correct the file in DATASETS_DIR, then restart the gateway; cache-gateway check lists every error";
  if (upstream == "object_store" && error_class == "http")
    return says(error, "NoSuchBucket") ? "create the bucket, or correct OBJECT_STORE_URL"
                                       : "check OBJECT_STORE_URL, OBJECT_STORE_ENDPOINT and OBJECT_STORE_REGION, and the log of the store";
  if (error_class == "http") return fmt::format("read the log of {}: it answers with an error of its own", upstream);
  if (error_class == "malformed")
    return fmt::format("check {}: another program may be listening there, or an unknown version", names.address);
  if (error_class == "too_large") return fmt::format("check {}: the answer exceeds the gateway's bound (docs/security.md)", names.address);
  if (error_class == "sql") {
    if (says(error, "3D000"))
      return upstream == "postgres" ? "set POSTGRES_DB to an existing database" : "name an existing database in its file in DATASETS_DIR";
    return "the statement failed in PostgreSQL; if the schema changed, report it with this text";
  }
  return "read the error; if it names a limit of this host (descriptors, memory, routes), correct that";
}

std::string remedy_of_follower(std::string_view origin, std::string_view error_class, std::string_view error) {
  if (says(error, "NoSuchKey") || says(error, "there is no such object"))
    return fmt::format("start the gateway that has OBJECT_STORE_URL={0}, or correct FOLLOW", origin);
  if (says(error, "NoSuchBucket")) return "make the bucket, or correct FOLLOW";
  if (says(error, "clock of this host")) return "set the clocks of this host and of the gateway's: timedatectl set-ntp true";
  if (says(error, "before the file that is shown"))
    return "nothing if another gateway's newer file is shown; else set the clock of the gateway's host, or remove the copy at CACHE_PATH "
           "to take this one at once";
  if (says(error, "another version of the gateway") || says(error, "user_version"))
    return "install the same version of the gateway on both hosts";
  if (says(error, "is not taken") && says(error, "more than")) return "raise FOLLOW_MAX_SIZE if its gateway's cache is that large";
  if (says(error, "is not taken")) return fmt::format("see what else writes {}: nothing but its gateway should", origin);
  if (error_class == "other") return "see that CACHE_PATH can be written: cache-gateway check";
  if (error_class == "http") return "check FOLLOW, OBJECT_STORE_ENDPOINT and OBJECT_STORE_REGION, and the log of the store";
  if (error_class != "auth" || says(error, "clocks")) return remedy_of("object_store", error_class, error);
  if (says(error, "AccessDenied"))
    return fmt::format(
        "allow these keys s3:GetObject for {}; where they may not list the bucket, a store also answers so when there is no "
        "such object: compare FOLLOW with OBJECT_STORE_URL of the gateway",
        origin);
  return fmt::format("set OBJECT_STORE_ACCESS_KEY and OBJECT_STORE_SECRET_KEY to keys that may read {} (s3:GetObject)", origin);
}

}  // namespace gateway
