// What the published file says, for Prometheus: the same views that `status` and the dashboards read, so that they agree.
#pragma once

#include <prometheus/metric_family.h>

#include <filesystem>
#include <vector>

namespace gateway {

// Never throws for a file that cannot be read: cache_gateway_cache_readable is 0 then, and the rest is absent.
std::vector<prometheus::MetricFamily> cache_metrics(const std::filesystem::path& cache);

}  // namespace gateway
