// ws-gateway: market events in, messages out. It says little about itself: its database and queue flags stay true once
// they were, the number of subscriptions is 0 when it could not be asked for, and of its two connections to the
// exchange only the private one has a status.
#pragma once

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "rhythm.hpp"
#include "service.hpp"

namespace trading {

class WsGateway : public Service {
 public:
  WsGateway(const Settings& settings, std::stop_token stop);

  void work() override;
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool needs_key(const std::string& path) const override;
  void refuse(bool key_given, httplib::Response& response) const override;

 private:
  bool exchange_answers();
  void refresh_topics();
  std::vector<std::string> publish_public_events();
  std::vector<std::string> publish_private_events();
  void write_balances();
  void list_subscriptions(const httplib::Request& request, httplib::Response& response);

  Disturbance reconnecting_;
  Disturbance closed_in_silence_;
  Every topics_due_{std::chrono::seconds{5}};
  Every slow_events_due_{std::chrono::seconds{5}};
  Every funding_due_{std::chrono::seconds{30}};
  Every private_events_due_{std::chrono::seconds{3}};
  Every balances_due_{std::chrono::seconds{10}};
  Every change_due_{std::chrono::seconds{45}};
  bool subscribed_ = false;
  std::set<std::string> topics_;
  std::atomic<bool> private_connected_{false};
  std::atomic<bool> database_seen_{false};
  std::atomic<bool> queue_seen_{false};
};

}  // namespace trading
