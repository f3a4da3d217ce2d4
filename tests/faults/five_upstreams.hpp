// The five upstreams of the trading system, all real, with what the tests about faults need to know of each: where it
// listens, how a gateway is sent through a gate instead, and what it delivers that must stay in view.
#pragma once

#include <array>
#include <string>

#include "../integration/support/gateway.hpp"
#include "../integration/support/services.hpp"
#include "../integration/support/upstreams.hpp"

namespace faults {

using integration::TradingService;
using integration::Upstreams;
using integration::Variables;

inline constexpr std::size_t upstream_count = 5;
inline const std::array<std::string, upstream_count> upstream_names{"postgres", "rabbitmq", "ws-gateway", "model-service", "order-manager"};

// Starts the services beside the two servers, empties everything, puts in the first rows, and waits until all answer.
class FiveUpstreams {
 public:
  FiveUpstreams();

  // Quick settings that lead to all five; the gates' tests change single addresses.
  Variables settings(const std::filesystem::path& cache) const;
  int port(const std::string& upstream) const;
  static void point_at(Variables& settings, const std::string& upstream, int port);

  // Rows of today, each an event, that no service writes.
  void insert_signals(int count) const;
  std::string signal_ids() const;  // sorted

  // SQL on the cache: what the upstream delivered and must stay; empty where it delivers verdicts only.
  static std::string last_rows_sql(const std::string& upstream);

  Upstreams& servers;

 private:
  TradingService ws_gateway_, model_service_, order_manager_;
};

}  // namespace faults
