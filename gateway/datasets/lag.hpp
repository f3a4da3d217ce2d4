// The lag verdict of one queue: is it worked off in time, and if not, how bad is it (docs/verdicts.md, "Lag of a queue").
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gateway {

struct QueueSample {
  std::optional<std::int64_t> messages, consumers, max_length;
  std::optional<double> publish_rate, consume_rate;
  std::string state;
  bool ignored = false;
};

struct LagMemory {  // what the sample before left behind
  std::optional<std::int64_t> lagging_since;
  std::int64_t slow_samples = 0;
  std::optional<double> growth_per_s;  // over the last five minutes
};

struct LagRule {
  std::int64_t messages = 1000;
  double ratio = 0.1;
  bool first_sample_counts = false;
};

struct Lag {
  std::string verdict;  // ok, lagging, unknown
  std::optional<std::string> reason;
  std::optional<double> severity, drain_eta_s;
  std::optional<std::int64_t> lagging_since;
  std::int64_t slow_samples = 0;
};

Lag judge(const QueueSample& sample, const LagMemory& before, const LagRule& rule, std::int64_t now);

}  // namespace gateway
