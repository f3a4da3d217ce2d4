#include "serve/follow_metrics.hpp"

#include <fmt/format.h>

#include "serve/metric.hpp"
#include "serve/run_metrics.hpp"

namespace gateway {
namespace {

constexpr auto counter = prometheus::MetricType::Counter;
constexpr Vitals::Words of_follower{"following fails", "the object store has not been asked yet", "the object store has not been asked"};

Value or_null(std::optional<std::int64_t> number) { return number ? Value(*number) : Value(); }

}  // namespace

FollowMetrics::FollowMetrics(const std::vector<ObjectAddress>& origins, Milliseconds slowest) : vitals_(slowest, of_follower) {
  for (const auto& address : origins) {
    origins_.push_back({.origin = address.shown()});
    looks_[address.shown()] = 0;
    for (int kind = 0; kind <= static_cast<int>(ErrorClass::other); ++kind)
      failures_[{address.shown(), to_string(static_cast<ErrorClass>(kind))}] = 0;
  }
}

void FollowMetrics::note(const FollowRound& round) {
  vitals_.published(round.error ? std::optional(round.error->text) : std::nullopt, Clock::now());
  const std::lock_guard lock(mutex_);
  origins_ = round.origins;
  shown_ = round.origin;
  switches_ += round.switched_from ? 1 : 0;
  for (const auto& state : round.origins) {
    if (!state.asked) continue;
    ++looks_[state.origin];
    if (state.error) ++failures_[{state.origin, to_string(state.error->kind)}];
  }
}

std::vector<prometheus::MetricFamily> FollowMetrics::collect() const {
  const std::lock_guard lock(mutex_);
  Metric looks("cache_gateway_follow_looks_total", "Looks at an origin, failed ones included.", counter);
  Metric failures("cache_gateway_follow_failures_total", "Failed looks at an origin, by error class.", counter);
  Metric switches("cache_gateway_follow_switches_total", "How often another origin was followed from then on.", counter);
  Metric shown("cache_gateway_follow_shown", "1 for the origin that is followed, 0 for the others.");
  Metric failing("cache_gateway_follow_failing", "1 while the last look at an origin failed.");
  Metric good("cache_gateway_follow_last_success_timestamp_seconds", "When a look at an origin last succeeded.");
  Metric published("cache_gateway_follow_published_timestamp_seconds", "When the cache last fetched from an origin was published.");
  Metric age("cache_gateway_follow_publish_age_seconds", "Time since the cache last fetched from an origin was published.");
  for (const auto& [origin, count] : looks_) looks.add({{"origin", origin}}, static_cast<double>(count));
  for (const auto& [of, count] : failures_)
    failures.add({{"origin", of.first}, {"class", std::string(of.second)}}, static_cast<double>(count));
  switches.add({}, static_cast<double>(switches_));
  for (const auto& state : origins_) {
    const Metric::Labels labels{{"origin", state.origin}};
    shown.add(labels, state.origin == shown_ ? 1.0 : 0.0);
    failing.add(labels, state.error ? 1.0 : 0.0);
    good.add(labels, or_null(state.good_at));
    published.add(labels, or_null(state.published_at));
    if (state.published_at) age.add(labels, static_cast<double>(unix_now() - *state.published_at));
  }
  auto families = process_metrics();
  for (auto* metric : {&looks, &failures, &switches, &shown, &failing, &good, &published, &age})
    families.push_back(std::move(*metric).family());
  return families;
}

}  // namespace gateway
