#include "gateway.hpp"

#include <signal.h>

#include <algorithm>
#include <sstream>

namespace integration {
namespace {

std::vector<std::string> words(std::vector<std::string> before, const std::vector<std::string>& arguments) {
  before.emplace_back(CACHE_GATEWAY);
  before.insert(before.end(), arguments.begin(), arguments.end());
  return before;
}

}  // namespace

Variables quick_settings(const std::filesystem::path& cache) {
  return {{"CACHE_PATH", cache.string()}, {"POSTGRES_INTERVAL", "200ms"}, {"POSTGRES_TIMEOUT", "3s"},  {"RABBITMQ_INTERVAL", "300ms"},
          {"RABBITMQ_TIMEOUT", "3s"},     {"SERVICES_INTERVAL", "200ms"}, {"SERVICES_TIMEOUT", "1s"},  {"STALE_AFTER", "2s"},
          {"BACKOFF_CAP", "1s"},          {"PUBLISH_INTERVAL", "100ms"},  {"WS_GATEWAY_URL", ""},      {"MODEL_SERVICE_URL", ""},
          {"ORDER_MANAGER_URL", ""},      {"POSITION_MANAGER_URL", ""},   {"FEATURE_SERVICE_URL", ""}, {"GATEWAY_LISTEN", ""}};
}

Gateway::Gateway(const Variables& settings, std::filesystem::path log, const std::vector<std::string>& wrapper)
    : log_(std::move(log)), process_({.words = words(wrapper, {"run"}), .environment = settings, .output = log_, .errors = log_}) {}

void Gateway::kill() {
  process_.signal(SIGKILL);
  process_.wait();
}

int Gateway::terminate() {
  process_.signal(SIGTERM);
  return process_.wait();
}

int Gateway::logged(const std::string& part) const {
  std::istringstream lines(log());
  int count = 0;
  for (std::string line; std::getline(lines, line);) count += line.find(part) != std::string::npos ? 1 : 0;
  return count;
}

Finished cache_gateway(const std::vector<std::string>& arguments, const Variables& settings) { return run(words({}, arguments), settings); }

}  // namespace integration
