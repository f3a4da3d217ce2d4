#include "datasets/lag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace gateway {

Lag judge(const QueueSample& sample, const LagMemory& before, const LagRule& rule, std::int64_t now) {
  Lag lag;
  if (!sample.messages || sample.state == "down") {
    lag.verdict = "unknown";
    lag.reason = sample.state == "down" ? "the queue's node is down" : "the broker has no figures for it yet";
    lag.lagging_since = before.lagging_since;  // a gap in the figures ends nothing
    lag.slow_samples = before.slow_samples;
    return lag;
  }
  const auto messages = *sample.messages;
  if (before.growth_per_s && *before.growth_per_s < 0 && messages > 0) {
    lag.drain_eta_s = static_cast<double>(messages) / -*before.growth_per_s;
  }
  lag.severity = std::max(static_cast<double>(messages) / static_cast<double>(rule.messages), lag.drain_eta_s.value_or(0) / 300);
  if (sample.ignored) {
    lag.verdict = "ok";
    lag.reason = "not judged (QUEUE_LAG_IGNORE)";
    return lag;
  }
  const bool slow = messages > 0 && sample.publish_rate && sample.consume_rate && *sample.publish_rate > 0 &&
                    *sample.consume_rate < rule.ratio * *sample.publish_rate;
  lag.slow_samples = slow ? before.slow_samples + 1 : 0;
  const bool slow_counts = slow && (lag.slow_samples > 1 || rule.first_sample_counts);
  std::string reason;
  const auto add = [&](const std::string& part) { reason += (reason.empty() ? "" : "; ") + part; };
  if (messages > rule.messages) add(fmt::format("length: {} messages, over {}", messages, rule.messages));
  if (slow_counts) add(fmt::format("slow: consumes {:.1f}/s of {:.1f}/s published", *sample.consume_rate, *sample.publish_rate));
  if (reason.empty()) {
    lag.verdict = "ok";
    return lag;
  }
  if (sample.consumers == 0) add("no consumer");
  if (sample.max_length && messages >= *sample.max_length)
    add(fmt::format("maximum length {} reached, messages are dropped", *sample.max_length));
  lag.verdict = "lagging";
  lag.reason = reason;
  lag.lagging_since = before.lagging_since.value_or(now);
  return lag;
}

}  // namespace gateway
