// From settings to what the scheduler asks: one upstream a connection, with the sources that come through it.
#pragma once

#include <vector>

#include "ask/http_transfer.hpp"
#include "base/source.hpp"
#include "run/upstream_loop.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Each source with its upstream's pace, those that are off included.
std::vector<SourceSetup> setups(const std::vector<Source>& sources, const Settings& settings);

// `sources` must outlive the result.
std::vector<UpstreamSpec> upstreams(const std::vector<SourceSetup>& sources, const Settings& settings);

// Of RabbitMQ or a service that speaks HTTP.
HttpSettings http_settings(const std::string& upstream, const Settings& settings);

}  // namespace gateway
