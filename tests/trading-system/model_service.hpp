// model-service: signals, trainings, execution events. While it trains it does nothing else and answers nothing,
// because the computation runs inside its event loop.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include "rhythm.hpp"
#include "service.hpp"

namespace trading {

class ModelService : public Service {
 public:
  ModelService(const Settings& settings, std::stop_token stop);

  void work() override;
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool responsive() const override { return !training_; }
  bool needs_key(const std::string& path) const override;
  void refuse(bool key_given, httplib::Response& response) const override;

 private:
  void refresh_versions();
  void send_signal();
  void train(std::chrono::milliseconds lasting);

  Disturbance trainings_;
  bool trained_in_this_one_ = false;
  bool history_written_ = false;
  Every versions_due_{std::chrono::seconds{5}};
  Every executions_due_{std::chrono::seconds{2}};
  Every signal_due_;
  std::map<std::string, std::string> active_versions_;
  std::size_t next_trained_ = 0;
  std::atomic<bool> training_{false};
  std::atomic<bool> queue_connected_{false};
};

}  // namespace trading
