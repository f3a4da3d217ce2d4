#include "five_upstreams.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "../integration/support/eventually.hpp"

namespace faults {
namespace {

Upstreams& emptied() {
  auto& servers = Upstreams::instance();
  servers.reset();
  return servers;
}

}  // namespace

FiveUpstreams::FiveUpstreams()
    : servers(emptied()),
      ws_gateway_("ws-gateway", servers),
      model_service_("model-service", servers),
      order_manager_("order-manager", servers) {
  servers.broker().declare("/", "deep");
  servers.broker().publish("/", "deep", 3);
  for (const auto* service : {&ws_gateway_, &model_service_, &order_manager_}) {
    const auto healthy = [&] {
      httplib::Client client("127.0.0.1", service->port());
      const auto answer = client.Get("/health");
      return answer && nlohmann::json::parse(answer->body).at("status") == "healthy";
    };
    if (!integration::eventually(healthy)) throw std::runtime_error("a service does not become healthy");
    // Paused: they answer, but write no rows that would change what a test counts.
    service->control(R"({"pause": true})");
  }
  insert_signals(5);
}

Variables FiveUpstreams::settings(const std::filesystem::path& cache) const {
  auto settings = integration::quick_settings(cache);
  settings.merge(Variables(servers.settings()));
  for (const auto* key : {"WS_GATEWAY_API_KEY", "MODEL_SERVICE_API_KEY", "ORDERMANAGER_API_KEY"}) settings[key] = integration::service_key;
  for (const auto& upstream : upstream_names) point_at(settings, upstream, port(upstream));
  settings["POSTGRES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = settings["SERVICES_INTERVAL"] = "250ms";
  settings["POSTGRES_TIMEOUT"] = settings["RABBITMQ_TIMEOUT"] = settings["SERVICES_TIMEOUT"] = "1s";
  settings["BACKOFF_CAP"] = "600ms";
  settings["STALE_AFTER"] = "1500ms";
  settings["PUBLISH_INTERVAL"] = "200ms";
  return settings;
}

int FiveUpstreams::port(const std::string& upstream) const {
  if (upstream == "postgres") return servers.postgres().port();
  if (upstream == "rabbitmq") return servers.rabbitmq().management_port();
  return (upstream == "ws-gateway" ? ws_gateway_ : upstream == "model-service" ? model_service_ : order_manager_).port();
}

void FiveUpstreams::point_at(Variables& settings, const std::string& upstream, int port) {
  const auto url = fmt::format("http://127.0.0.1:{}", port);
  if (upstream == "postgres") settings["POSTGRES_PORT"] = std::to_string(port);
  if (upstream == "rabbitmq") settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(port);
  if (upstream == "ws-gateway") settings["WS_GATEWAY_URL"] = url;
  if (upstream == "model-service") settings["MODEL_SERVICE_URL"] = url;
  if (upstream == "order-manager") settings["ORDER_MANAGER_URL"] = url;
}

void FiveUpstreams::insert_signals(int count) const { integration::insert_signals(servers, "momentum", 1, count, integration::at_once); }

std::string FiveUpstreams::signal_ids() const {
  return servers.sql(
      "SELECT string_agg(id, ',' ORDER BY id COLLATE \"C\") FROM (SELECT signal_id::text AS id FROM trading_signals WHERE strategy_id = "
      "'momentum') AS s");
}

std::string FiveUpstreams::last_rows_sql(const std::string& upstream) {
  if (upstream == "postgres")
    return "SELECT group_concat(signal_id) FROM (SELECT signal_id FROM recent_signals WHERE strategy_id = 'momentum' ORDER BY signal_id)";
  if (upstream == "rabbitmq") return "SELECT name, messages, consumers FROM queue_now WHERE name = 'deep'";
  if (upstream == "ws-gateway") return "SELECT connection, last_known_status FROM ws_connection WHERE connection = 'private'";
  return fmt::format("SELECT group_concat(component) FROM (SELECT component FROM service_component WHERE service = '{}' ORDER BY 1)",
                     upstream);
}

}  // namespace faults
