#include "serve/run_metrics.hpp"

#include <iterator>

#include "run/log.hpp"
#include "serve/metric.hpp"
#include "version.hpp"

namespace gateway {
namespace {

const prometheus::Histogram::BucketBoundaries attempt_seconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
const prometheus::Histogram::BucketBoundaries disk_seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

prometheus::Counter& counter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, disk_seconds);
}

}  // namespace

RunMetrics::RunMetrics(const std::vector<SourceSetup>& sources, Milliseconds publish_within)
    : vitals_(publish_within),
      publish_failures_(
          counter(registry_, "cache_gateway_publish_failures_total", "Publishes that failed; readers keep the last good file.")),
      save_failures_(
          counter(registry_, "cache_gateway_save_failures_total", "Saves to the disk that failed; the copy saved before stays.")),
      publish_duration_(
          histogram(registry_, "cache_gateway_publish_duration_seconds", "From the start of a publish until readers see it.")),
      save_duration_(histogram(registry_, "cache_gateway_save_duration_seconds", "Time to write a published file to the disk.")) {
  auto& attempts = prometheus::BuildCounter().Name("cache_gateway_source_attempts_total").Help("Attempts at a source.").Register(registry_);
  auto& failures = prometheus::BuildCounter()
                       .Name("cache_gateway_source_failures_total")
                       .Help("Failed attempts at a source, by error class.")
                       .Register(registry_);
  auto& durations = prometheus::BuildHistogram()
                        .Name("cache_gateway_source_attempt_duration_seconds")
                        .Help("Duration of an attempt at a source, failed ones included.")
                        .Register(registry_);
  for (const auto& setup : sources) {
    if (!setup.source->on) continue;
    const prometheus::Labels of_source{{"source", label_value(setup.source->name)}};
    OfSource series{.attempts = &attempts.Add(of_source), .failures = {}, .duration = &durations.Add(of_source, attempt_seconds)};
    for (int kind = 0; kind <= static_cast<int>(ErrorClass::other); ++kind) {
      const auto word = to_string(static_cast<ErrorClass>(kind));
      auto labels = of_source;
      labels.emplace("class", word);
      series.failures[word] = &failures.Add(labels);  // two classes have one word: the series is the same
    }
    sources_.emplace(setup.source->name, std::move(series));
  }
}

void RunMetrics::turned() { vitals_.turned(Clock::now()); }

void RunMetrics::attempted(const Outcome& outcome, const std::optional<Error>& error) {
  const auto& series = sources_.at(outcome.source);
  series.attempts->Increment();
  if (error) series.failures.at(to_string(error->kind))->Increment();
  series.duration->Observe(outcome.timing.duration_ms / 1e3);
}

void RunMetrics::published(const std::optional<std::string>& error) {
  if (error) publish_failures_.Increment();
  vitals_.published(error, Clock::now());
}

void RunMetrics::saved(const std::optional<std::string>& error) {
  if (error) save_failures_.Increment();
}

void RunMetrics::measured(const PublishTimes& times) {
  publish_duration_.Observe(times.publish.count());
  if (times.save) save_duration_.Observe(times.save->count());
}

std::vector<prometheus::MetricFamily> RunMetrics::collect() const {
  auto families = registry_.Collect();
  auto of_process = process_metrics();
  families.insert(families.end(), std::make_move_iterator(of_process.begin()), std::make_move_iterator(of_process.end()));
  return families;
}

std::vector<prometheus::MetricFamily> process_metrics() {
  std::vector<prometheus::MetricFamily> families;
  Metric dropped("cache_gateway_log_lines_dropped_total", "Log lines dropped because the log was not read.",
                 prometheus::MetricType::Counter);
  dropped.add({}, static_cast<double>(dropped_log_lines()));
  Metric build("cache_gateway_build_info", "1, with the version and the commit as labels.");
  build.add({{"version", version}, {"commit", commit}}, 1);
  families.push_back(std::move(dropped).family());
  families.push_back(std::move(build).family());
  return families;
}

}  // namespace gateway
