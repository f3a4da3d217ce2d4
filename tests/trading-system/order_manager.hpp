// order-manager: turns signals into orders and moves the open ones on until they are filled, cancelled or refused.
// The orders table is its only memory, so a restarted order-manager goes on where the killed one stopped.
#pragma once

#include <atomic>
#include <string>

#include "order.hpp"
#include "rhythm.hpp"
#include "service.hpp"

namespace trading {

class OrderManager : public Service {
 public:
  OrderManager(const Settings& settings, std::stop_token stop);

  void work() override;
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool needs_key(const std::string& path) const override;
  void refuse(bool key_given, httplib::Response& response) const override;

 private:
  bool handle_signal(const std::string& body);
  bool place(const Demand& demand);
  bool store(const Order& order, const char* event_type);
  void supersede(const std::string& asset);
  void reject_again();
  void advance_open_orders();
  void advance(Order& order, double age_s);
  bool update(const Order& order, const char* event_type);
  nlohmann::json dependencies();
  void list_orders(const httplib::Request& request, httplib::Response& response);

  Every advance_due_{std::chrono::seconds{1}};
  Every reject_again_due_{std::chrono::seconds{20}};
  std::atomic<bool> queue_seen_{false};
};

}  // namespace trading
