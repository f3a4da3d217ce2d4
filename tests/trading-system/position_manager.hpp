// position-manager: consumes fills, keeps one row per asset, and announces more than anybody listens to. It rejects
// every order event that is no fill, so its queue is empty although nearly nothing is acknowledged.
#pragma once

#include <atomic>

#include "rhythm.hpp"
#include "service.hpp"

namespace trading {

class PositionManager : public Service {
 public:
  PositionManager(const Settings& settings, std::stop_token stop);

  void work() override;
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool needs_key(const std::string& path) const override;
  void refuse(bool key_given, httplib::Response& response) const override;

 private:
  void answer_portfolio(httplib::Response& response);
  bool apply_fill(const nlohmann::json& order);
  void handle_order_event(const Delivery& delivery);

  Disturbance degraded_;
  Disturbance hanging_;
  Every portfolio_due_{std::chrono::seconds{1}};
  Every snapshot_due_{std::chrono::seconds{30}};
  std::atomic<bool> queue_connected_{false};
};

}  // namespace trading
