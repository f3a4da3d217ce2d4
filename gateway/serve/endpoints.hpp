// What each path answers: /healthz, /readyz, /metrics.
#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>

#include "serve/listener.hpp"
#include "serve/run_metrics.hpp"

namespace gateway {

class Endpoints {
 public:
  // The arguments outlive it. Sources, verdicts and ages are read from the published file, as `status` reads it.
  Endpoints(const RunMetrics& run, std::filesystem::path cache) : run_(run), cache_(std::move(cache)) {}

  // From any thread.
  Reply respond(std::string_view path);

 private:
  std::string metrics();

  const RunMetrics& run_;
  const std::filesystem::path cache_;
  std::mutex rendering_;  // one at a time: many scrapes at once must not take the loop's share of the processors
};

}  // namespace gateway
