// The one explicit list of sources. A new one is its file, its line here, its schema section and its golden case.
#include "sources.hpp"

namespace gateway {

std::vector<Source> all_sources(const Settings& settings) {
  std::vector<Source> sources{
      postgres_health(),
      signals(),
      rabbitmq_health(),
      queues(settings),
  };
  for (const auto& service : settings.services) sources.push_back(service_health(service));
  return sources;
}

}  // namespace gateway
