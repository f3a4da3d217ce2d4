// What a run counts while it goes on, for Prometheus. What the published file says as well is read from there (cache_metrics.hpp).
#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <vector>

#include "run/run_observer.hpp"
#include "serve/vitals.hpp"

namespace gateway {

// Of every long-running command: its log and its build.
std::vector<prometheus::MetricFamily> process_metrics();

// Told on the loop thread, read by any.
class RunMetrics : public RunObserver {
 public:
  // All series exist from the start: a rate() needs the zero before the first failure.
  RunMetrics(const std::vector<SourceSetup>& sources, Milliseconds publish_within);

  void turned() override;
  void attempted(const Outcome& outcome, const std::optional<Error>& error) override;
  void published(const std::optional<std::string>& error) override;
  void saved(const std::optional<std::string>& error) override;
  void measured(const PublishTimes& times) override;

  const Vitals& vitals() const { return vitals_; }
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  struct OfSource {
    prometheus::Counter* attempts;
    std::map<std::string_view, prometheus::Counter*> failures;  // by class
    prometheus::Histogram* duration;
  };

  Vitals vitals_;
  prometheus::Registry registry_;
  std::map<std::string, OfSource> sources_;
  prometheus::Counter &publish_failures_, &save_failures_;
  prometheus::Histogram &publish_duration_, &save_duration_;
};

}  // namespace gateway
