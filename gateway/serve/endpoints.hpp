// What each path answers: /healthz, /readyz, /metrics.
#pragma once

#include <prometheus/metric_family.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "serve/listener.hpp"
#include "serve/vitals.hpp"

namespace gateway {

class Endpoints {
 public:
  // What the process itself has counted; from any thread.
  using Counted = std::function<std::vector<prometheus::MetricFamily>()>;

  // The arguments outlive it. Sources, verdicts and ages are read from the published file, as `status` reads it.
  Endpoints(const Vitals& vitals, Counted counted, std::filesystem::path cache)
      : vitals_(vitals), counted_(std::move(counted)), cache_(std::move(cache)) {}

  // From any thread.
  Reply respond(std::string_view path);

 private:
  std::string metrics();

  const Vitals& vitals_;
  const Counted counted_;
  const std::filesystem::path cache_;
  std::mutex rendering_;  // one at a time: many scrapes at once must not take the loop's share of the processors
};

}  // namespace gateway
