// The one explicit list of sources. A new one is its file, its line here, its schema section and its golden case.
#include "datasets/datasets.hpp"

namespace gateway {

std::vector<Source> all_sources(const Settings& settings) {
  std::vector<Source> sources{
      postgres_health(),       signals(),         orders(),         executions(), models(), dataset_builds(), quality(),
      subscriptions(settings), rabbitmq_health(), queues(settings),
  };
  for (const auto& database : settings.databases) sources.push_back(postgres_health(database.name));
  for (const auto& service : settings.services) {
    if (service.health_path.empty()) continue;
    sources.push_back(service.tcp ? tcp_health(service) : service_health(service, settings.bybit_environment));
    if (service.name == "model-service") sources.push_back(training(service));
  }
  return sources;
}

}  // namespace gateway
