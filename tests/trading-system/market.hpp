// The exchange, as far as ws-gateway needs one: a process whose death is the loss of the exchange. It is no service of
// the trading system and nothing monitors it.
#pragma once

#include "service.hpp"

namespace trading {

class Market : public Service {
 public:
  Market(const Settings& settings, std::stop_token stop) : Service{settings, stop, {}} {}

  void work() override {}
  nlohmann::json health() override;
  void add_routes(httplib::Server& server) override;
  bool needs_key(const std::string&) const override { return false; }
  void refuse(bool, httplib::Response&) const override {}
};

}  // namespace trading
