// Reading the settings. The periods of the disturbances are per service because each service has one of its own kind
// (a training, a reconnect, ...), and their coincidence would look like one fault instead of four.
#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>

namespace trading {

namespace {

struct Disturbance {
  int every;
  int lasting;
};

const std::map<std::string, Disturbance> usual_disturbances{
    {"ws-gateway", {120, 5}},        {"model-service", {90, 8}},     {"order-manager", {0, 0}},
    {"position-manager", {150, 15}}, {"feature-service", {100, 25}}, {"market", {0, 0}},
};

const std::map<std::string, const char*> key_names{
    {"ws-gateway", "WS_GATEWAY_API_KEY"},           {"model-service", "MODEL_SERVICE_API_KEY"},
    {"order-manager", "ORDERMANAGER_API_KEY"},      {"position-manager", "POSITION_MANAGER_API_KEY"},
    {"feature-service", "FEATURE_SERVICE_API_KEY"}, {"market", "MARKET_API_KEY"},
};

std::string secret(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

}  // namespace

const std::vector<std::string>& service_names() {
  static const std::vector<std::string> names{"ws-gateway",       "model-service",   "order-manager",
                                              "position-manager", "feature-service", "market"};
  return names;
}

Settings settings_from(int argc, char** argv) {
  Settings settings;
  CLI::App app{"The services of the trading system, one per process, for the demo and the tests"};
  auto seconds = [&app](const char* name, std::chrono::seconds& target, const char* text) {
    app.add_option_function<int>(name, [&target](const int& value) { target = std::chrono::seconds{value}; }, text);
  };
  auto milliseconds = [&app](const char* name, std::chrono::milliseconds& target, const char* text) {
    app.add_option_function<int>(
           name, [&target](const int& value) { target = std::chrono::milliseconds{value}; }, text)
        ->check(CLI::PositiveNumber);
  };
  app.add_option("service", settings.service, "which service to be")->required()->check(CLI::IsMember(service_names()));
  app.add_option("--listen", settings.listen, "address of the HTTP server")->envname("LISTEN_ADDRESS");
  app.add_option("--http-port", settings.http_port, "port of the HTTP server")->required()->envname("HTTP_PORT");
  app.add_option("--market-port", settings.market_port, "ws-gateway: port of a market process; 0: own prices")->envname("MARKET_PORT");
  app.add_option("--postgres-host", settings.postgres_host)->envname("POSTGRES_HOST");
  app.add_option("--postgres-port", settings.postgres_port)->envname("POSTGRES_PORT");
  app.add_option("--postgres-db", settings.postgres_database)->envname("POSTGRES_DB");
  app.add_option("--postgres-user", settings.postgres_user)->envname("POSTGRES_USER");
  app.add_option("--amqp-host", settings.amqp_host)->envname("RABBITMQ_HOST");
  app.add_option("--amqp-port", settings.amqp_port)->envname("RABBITMQ_PORT");
  app.add_option("--amqp-user", settings.amqp_user)->envname("RABBITMQ_USER");
  app.add_option("--strategies", settings.strategies, "comma list")->delimiter(',')->envname("TRADING_STRATEGIES");
  app.add_option("--seed", settings.seed, "what is decided by chance repeats with the same seed")->envname("TRADING_SEED");
  milliseconds("--pace-ms", settings.pace, "model-service: time between signals (2000)");
  milliseconds("--tick-ms", settings.tick, "time between rounds of work: market events, consuming (500)");
  seconds("--disturb-every", settings.disturb_every, "seconds between the service's own disturbances; 0: never");
  seconds("--disturb-for", settings.disturb_for, "seconds a disturbance lasts");
  seconds("--quirk-every", settings.quirk_every,
          "seconds between what real services do unnoticed: ws-gateway's private socket is closed in good order, "
          "position-manager's consumers hang; 0: never (0)");
  seconds("--quirk-for", settings.quirk_for, "seconds such a quirk lasts (150)");
  seconds("--order-timeout", settings.order_timeout, "order-manager: seconds until a pending order is cancelled (60)");
  app.add_option("--pnl-share", settings.pnl_share, "model-service: share of executions with a realized_pnl")->check(CLI::Range(0.0, 1.0));
  app.add_flag("!--no-history", settings.history, "model-service: do not write two past weeks into empty tables");
  app.footer(
      "Secrets come from the environment only: POSTGRES_PASSWORD (ytrader), RABBITMQ_PASSWORD (guest),\n"
      "WS_GATEWAY_API_KEY, MODEL_SERVICE_API_KEY, ORDERMANAGER_API_KEY, POSITION_MANAGER_API_KEY,\n"
      "FEATURE_SERVICE_API_KEY. POST /control on every service's port forces its states (see control.hpp).");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  const Disturbance usual = usual_disturbances.at(settings.service);
  if (settings.disturb_every.count() < 0) settings.disturb_every = std::chrono::seconds{usual.every};
  if (settings.disturb_for.count() < 0) settings.disturb_for = std::chrono::seconds{usual.lasting};
  settings.postgres_password = secret("POSTGRES_PASSWORD", "ytrader");
  settings.amqp_password = secret("RABBITMQ_PASSWORD", "guest");
  settings.api_key = secret(key_names.at(settings.service), "");
  return settings;
}

}  // namespace trading
