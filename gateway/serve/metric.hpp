// One metric with its samples, made at scrape time.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "base/rows.hpp"
#include "base/text.hpp"

namespace gateway {

// Names may come from elsewhere. The serializer escapes quotes, backslashes and line breaks; this bounds them and removes the rest.
inline std::string label_value(const std::string& text) { return shortened(one_line(clean_utf8(text)), 100); }

class Metric {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Metric(std::string name, std::string help, prometheus::MetricType type = prometheus::MetricType::Gauge)
      : family_{.name = std::move(name), .help = std::move(help), .type = type, .metric = {}} {}

  void add(const Labels& labels, double value) {
    prometheus::ClientMetric sample;
    for (const auto& [name, text] : labels) sample.label.push_back({name, label_value(text)});
    (family_.type == prometheus::MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
    family_.metric.push_back(std::move(sample));
  }
  // NULL is "not available": no sample, never 0.
  void add(const Labels& labels, const Value& value, double unit = 1) {
    if (const auto known = number(value)) add(labels, *known * unit);
  }

  prometheus::MetricFamily family() && { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

}  // namespace gateway
