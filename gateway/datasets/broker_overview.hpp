// What the broker says of itself beside a listing of queues: how many there are, whether it counts, and which vhosts it has.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "datasets/datasets.hpp"

namespace gateway {

inline constexpr const char* overview_target = "/api/overview?columns=object_totals.queues,disable_stats,rates_mode";
inline constexpr const char* vhosts_target = "/api/vhosts?columns=name";
inline constexpr std::size_t largest_vhosts = std::size_t{8} << 20;  // bytes

struct BrokerOverview {
  std::int64_t queues = 0;
  bool statistics = true;  // whether listings have figures beyond the counts
  bool counted = true;
};

Result<BrokerOverview> read_overview(const HttpAnswer& answer);

// A vhost without permissions lacks all of its queues. Reply queues that come and go make a listing short, too, but hardly twice
// at once, and they leave no vhost empty.
Result<std::vector<std::string>> vhosts_without_queues(const HttpAnswer& answer, const std::set<std::string>& listed);

}  // namespace gateway
