// One RabbitMQ connection that survives its broker. It declares the queues a service uses, with the arguments each of
// them is declared with in production, publishes through the default exchange and hands out what it consumes.
// A delivery that is not acknowledged stays with us, up to the prefetch count: so a service that pauses leaves a
// backlog in the broker, and not in its own memory.
#pragma once

#include <amqp.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "settings.hpp"

namespace trading {

struct QueueUse {
  enum class Kind { plain, bounded };  // bounded: the message TTL and maximum length of ws-gateway's queues
  std::string name;
  Kind kind = Kind::plain;
  bool consume = false;
};

struct Delivery {
  std::uint64_t tag = 0;
  std::string queue;
  std::string body;
};

class Broker {
 public:
  Broker(const Settings& settings, std::vector<QueueUse> uses);

  // Reads what has arrived, answers heartbeats, and reconnects when due. To be called in every round of work.
  void pump();
  bool connected() const { return connection_ != nullptr; }
  bool ever_connected() const { return ever_connected_; }

  bool publish(const std::string& queue, const std::string& body);
  std::optional<Delivery> next();
  void acknowledge(const Delivery& delivery);
  void reject(const Delivery& delivery, bool requeue);

 private:
  bool connect();
  bool declare(const QueueUse& use);
  void consume(const QueueUse& use);
  void read_frames();
  void drop(const std::string& reason);

  const Settings& settings_;
  std::vector<QueueUse> uses_;
  std::unique_ptr<amqp_connection_state_t_, int (*)(amqp_connection_state_t)> connection_{nullptr, &amqp_destroy_connection};
  std::deque<Delivery> arrived_;
  std::chrono::steady_clock::time_point next_attempt_{};
  bool ever_connected_ = false;
  bool was_lost_ = false;
};

}  // namespace trading
