// feature-service: consumes the market's events, publishes features and builds data sets. Now and then it stops
// consuming for a while, so that a backlog grows before everybody's eyes and drains again.
#pragma once

#include "rhythm.hpp"
#include "service.hpp"

namespace trading {

class FeatureService : public Service {
 public:
  FeatureService(const Settings& settings, std::stop_token stop);

  void work() override;
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool needs_key(const std::string& path) const override;
  void refuse(bool key_given, httplib::Response& response) const override;

 private:
  void build_data_set();

  Disturbance pausing_;
  Every features_due_{std::chrono::seconds{1}};
  Every data_set_due_{std::chrono::seconds{60}};
};

}  // namespace trading
