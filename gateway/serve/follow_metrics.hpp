// What `follow` counts while it goes on, for Prometheus: how each origin fares. What the copy says is read from the file.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replica/follower.hpp"
#include "serve/vitals.hpp"

namespace gateway {

// Told by one thread, read by any.
class FollowMetrics {
 public:
  // All series of counters exist from the start. `slowest`: the longest pause between two rounds.
  FollowMetrics(const std::vector<ObjectAddress>& origins, Milliseconds slowest);

  void turned() { vitals_.turned(Clock::now()); }
  void note(const FollowRound& round);

  const Vitals& vitals() const { return vitals_; }
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  Vitals vitals_;
  mutable std::mutex mutex_;
  std::vector<OriginState> origins_;
  std::string shown_;                                                          // the origin that is followed
  std::map<std::string, std::int64_t> looks_;                                  // by origin
  std::map<std::pair<std::string, std::string_view>, std::int64_t> failures_;  // by origin and class
  std::int64_t switches_ = 0;
};

}  // namespace gateway
