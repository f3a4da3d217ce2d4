// Every source there is, one function each, defined in the file of its subject. all.cpp is the list.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"
#include "settings/settings.hpp"

namespace gateway {

// `name`: of the database, as an upstream.
Source postgres_health(const std::string& name = "postgres");
Source signals();
Source orders();
Source executions();
Source models();
Source dataset_builds();
Source quality();
Source subscriptions(const Settings& settings);
Source rabbitmq_health();
Source queues(const Settings& settings);
// ws-gateway's also tells of the private exchange connection; `environment` is the configured one.
Source service_health(const ServiceSettings& service, const std::string& environment);
// Of a service that is probed by a TCP connection alone.
Source tcp_health(const ServiceSettings& service);
Source training(const ServiceSettings& model_service);

// In the order in which they are asked and shown.
std::vector<Source> all_sources(const Settings& settings);

}  // namespace gateway
