// One connection to the broker over rabbitmq-c, with one channel and without heartbeats: a client that hangs must stay connected.
// Throws when the broker or the connection fails.
#pragma once

#include <amqp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace lag_broker {

class Amqp {
 public:
  explicit Amqp(int port);

  void publish(const std::string& queue);
  void consume(const std::string& queue, bool acknowledged, std::uint16_t prefetch);  // prefetch 0: no limit
  // The delivery tag of what came; nullopt: nothing came for so long.
  std::optional<std::uint64_t> next(int milliseconds);
  std::optional<std::uint64_t> get(const std::string& queue, bool acknowledged);
  void acknowledge(std::uint64_t tag, bool all_before);
  void reject(std::uint64_t tag, bool requeue);

 private:
  void check(const char* what);
  std::unique_ptr<amqp_connection_state_t_, int (*)(amqp_connection_state_t)> connection_;
};

}  // namespace lag_broker
