#include "private_rabbitmq.hpp"

#include <fstream>

namespace integration {
namespace {

Variables environment_of(PrivateRabbitmq::Statistics statistics) {
  Variables environment{{"DEMO_MONITOR_PASSWORD", broker_password}};
  if (statistics == PrivateRabbitmq::Statistics::quick) environment["RABBITMQ_STATISTICS_INTERVAL_MS"] = "500";
  return environment;
}

}  // namespace

PrivateRabbitmq::PrivateRabbitmq(Statistics statistics) : PrivateServer("rabbitmq", R"("$1" kill "$2")", environment_of(statistics)) {
  // The management plugin samples queues every five seconds unless told otherwise, whatever the statistics interval.
  if (statistics == Statistics::quick) {
    std::filesystem::create_directories(directory() / "rabbitmq");
    std::ofstream(directory() / "rabbitmq" / "advanced.config")
        << "[{rabbitmq_management, [{sample_retention_policies, [{global, [{605, 1}]}, {basic, [{605, 1}]}, {detailed, [{605, 1}]}]}]}].\n";
  }
  start();
  administrator_ = std::make_unique<Broker>(management_port_);
}

void PrivateRabbitmq::start() const { script("start", {std::to_string(port_), std::to_string(management_port_)}); }

void PrivateRabbitmq::reset() const {
  if (!administrator_->answers()) start();
  if (administrator_->alarmed()) ctl({"set_vm_memory_high_watermark", "absolute", "1GB"});
  administrator_->reset(broker_password);
}

Variables PrivateRabbitmq::settings() const {
  return {{"RABBITMQ_HOST", "127.0.0.1"},
          {"RABBITMQ_MANAGEMENT_PORT", std::to_string(management_port_)},
          {"RABBITMQ_MANAGEMENT_USER", "monitor"},
          {"RABBITMQ_MANAGEMENT_PASSWORD", broker_password}};
}

}  // namespace integration
