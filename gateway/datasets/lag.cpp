#include "datasets/lag.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/lag_memory.hpp"

namespace gateway {
namespace {

constexpr double shortest_growth_s = 20;  // below it, growth is the noise of one sample
constexpr double shortest_rate_s = 60;
constexpr double severe_wait_s = 300;  // a message that waits so long is as bad as a queue at its limit

std::optional<std::string> not_judgeable(const QueueSample& sample) {
  if (sample.unreadable) return sample.unreadable;
  if (sample.type == "stream") return "a stream keeps its messages; how far its consumers are is not reported here";
  for (const auto* state : {"down", "stopped", "crashed", "minority", "terminated"}) {
    if (sample.state == state)
      return fmt::format("the queue is {}", sample.state == "down" ? "down: its node is not running" : sample.state);
  }
  if (sample.messages) return std::nullopt;
  if (sample.type == "rabbit_mqtt_qos0_queue") return "an MQTT QoS 0 queue has no message count";
  return "the broker has no figures for it yet";
}

class Reason {
 public:
  void add(const std::string& part) { text_ += (text_.empty() ? "" : "; ") + part; }
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string duration(std::int64_t seconds) { return seconds < 120 ? fmt::format("{} s", seconds) : fmt::format("{} min", seconds / 60); }

void explain_unread(Reason& reason, const Interval& since, std::int64_t for_s, const QueueSample& sample) {
  if (!sample.counters) return reason.add(fmt::format("not consumed: grew by {} messages in {}", since.growth, duration(for_s)));
  reason.add(fmt::format("not consumed: {} messages arrived in {}, none consumed", since.arrived, duration(for_s)));
  if (sample.consumers.value_or(0) > 0) {
    reason.add(fmt::format("{} consumer{}, nothing acknowledged", *sample.consumers, *sample.consumers == 1 ? "" : "s"));
  }
}

std::string momentary(const QueueSample& sample) {
  return fmt::format("slow: consumes {:.1f}/s of {:.1f}/s published, by the broker's momentary rates", *sample.consume_rate,
                     *sample.publish_rate);
}

bool momentarily_slow(const QueueSample& sample, const LagRule& rule) {
  return rule.first_sample_counts && *sample.messages > 0 && sample.publish_rate && sample.consume_rate && *sample.publish_rate > 0 &&
         *sample.consume_rate < rule.ratio * *sample.publish_rate;
}

// Why it lags; empty: it does not.
std::string why_lagging(const QueueSample& sample, const Lag& lag, const Checkpoint& now, const LagRule& rule, std::int64_t previous_poll) {
  Reason reason;
  const auto& memory = lag.memory;
  const auto since = since_base(memory, now, previous_poll);
  if (*sample.messages > rule.messages) reason.add(fmt::format("length: {} messages, over {}", *sample.messages, rule.messages));
  if (memory.unread) explain_unread(reason, since, now.at - memory.first.value_or(memory.base->at), sample);
  if (memory.slow && lag.published_per_min && !memory.unread) {
    reason.add(
        fmt::format("slow: {:.0f} of {:.0f} messages per minute consumed", lag.consumed_per_min.value_or(0), *lag.published_per_min));
  }
  if (momentarily_slow(sample, rule)) reason.add(momentary(sample));
  if (reason.empty()) return {};
  if (sample.consumers == 0) reason.add("no consumer");
  if (memory.unread && static_cast<double>(since.lost) > since.blur) reason.add(fmt::format("{} expired, dropped or purged", since.lost));
  if (now.unacknowledged > memory.base->unacknowledged) reason.add(fmt::format("{} unacknowledged", now.unacknowledged));
  if (sample.max_length && *sample.messages >= *sample.max_length)
    reason.add(fmt::format("maximum length {} reached, messages are dropped", *sample.max_length));
  return reason.text();
}

void add_figures(Lag& lag, const Checkpoint& now, const LagRule& rule) {
  const auto over = recent(lag.memory, now, rule);
  if (!over) return;
  if (over->seconds >= shortest_growth_s) lag.growth_per_s = static_cast<double>(over->growth) / over->seconds;
  if (lag.growth_per_s && *lag.growth_per_s < 0 && now.messages > 0) {
    lag.drain_eta_s = static_cast<double>(now.messages) / -*lag.growth_per_s;
  }
  if (now.counters && over->seconds >= shortest_rate_s) {
    lag.published_per_min = static_cast<double>(over->arrived) * 60 / over->seconds;
    lag.consumed_per_min = static_cast<double>(over->consumed) * 60 / over->seconds;
  }
}

// What waited at the base and was not consumed since has waited that long; else what was first seen after it.
std::optional<std::int64_t> oldest_unconsumed(const LagMemory& memory, const Checkpoint& now) {
  if (now.messages == 0 || !now.counters || !memory.base->counters) return std::nullopt;
  const Interval since(*memory.base, now, memory.base->at);
  if (since.removed > 0) return std::nullopt;
  const auto from = memory.base->messages > 0 ? std::optional(memory.base->at) : memory.seen;
  return from && *from < now.at ? std::optional(now.at - *from) : std::nullopt;
}

}  // namespace

Lag judge(const QueueSample& sample, const LagMemory& before, const LagRule& rule, std::int64_t now,
          std::optional<std::int64_t> previous_poll) {
  Lag lag;
  lag.memory = before;
  if (auto why = not_judgeable(sample)) {
    lag.verdict = "unknown";
    lag.reason = std::move(why);
    return lag;  // a gap in the figures ends nothing: the memory stays
  }
  const Checkpoint checkpoint{now, now, std::min(*sample.messages, most_counted), std::min(sample.unacknowledged, most_counted),
                              sample.counters};
  const auto previous = previous_poll.value_or(now);
  lag.memory = remembered(before, checkpoint, rule, previous);
  add_figures(lag, checkpoint, rule);
  lag.oldest_unconsumed_s = oldest_unconsumed(lag.memory, checkpoint);
  const auto reason = why_lagging(sample, lag, checkpoint, rule, previous);
  const auto of_limit = static_cast<double>(*sample.messages) / static_cast<double>(rule.messages);
  if (sample.ignored || reason.empty()) {
    constexpr double highest_of_ok = 0.99;
    lag.severity = std::min(highest_of_ok, of_limit);
    lag.verdict = "ok";
    if (sample.ignored) lag.reason = "not judged (QUEUE_LAG_IGNORE)";
    lag.memory.lagging_since.reset();
    if (!sample.ignored && !sample.counters && *sample.messages > 0) {
      lag.verdict = "unknown";
      lag.reason = "the broker keeps no statistics; the length does not grow";
    }
    return lag;
  }
  lag.verdict = "lagging";
  lag.reason = reason;
  lag.severity = std::max({1.0, of_limit, static_cast<double>(lag.oldest_unconsumed_s.value_or(0)) / severe_wait_s});
  lag.memory.lagging_since = before.lagging_since.value_or(now);
  return lag;
}

}  // namespace gateway
