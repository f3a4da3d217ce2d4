// A real RabbitMQ of a test program's own, with a user for monitoring.
#pragma once

#include <memory>

#include "broker.hpp"
#include "private_server.hpp"

namespace integration {

// Of the user monitor; told apart from everything else on purpose.
inline const std::string broker_password = "mq-secret-91bd";

class PrivateRabbitmq : public PrivateServer {
 public:
  // How often it counts and samples: every five seconds as it comes, or as often as it can.
  enum class Statistics { usual, quick };
  explicit PrivateRabbitmq(Statistics statistics);

  void start() const;
  void kill() const { script("kill"); }
  void ctl(const std::vector<std::string>& arguments) const { script("ctl", arguments); }
  // Running, and without queues, whatever a test has left behind.
  void reset() const;

  Broker& administrator() const { return *administrator_; }
  Variables settings() const;  // as the gateway is told
  int port() const { return port_; }
  int management_port() const { return management_port_; }

 private:
  int port_ = free_port(), management_port_ = free_port();
  std::unique_ptr<Broker> administrator_;
};

}  // namespace integration
