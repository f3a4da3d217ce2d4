// A real PostgreSQL and a real RabbitMQ of our own, started once for the whole program.
#pragma once

#include <optional>

#include "private_postgres.hpp"
#include "private_rabbitmq.hpp"
#include "session.hpp"

namespace integration {

class Upstreams {
 public:
  static Upstreams& instance();  // started by the first call

  // Back to an empty schema and a broker without queues, both running, whatever a test has left behind.
  void reset();

  // Addresses and credentials, as the gateway is told.
  Variables settings() const;

  const PrivatePostgres& postgres() const { return another_ ? *another_ : postgres_; }
  const PrivateRabbitmq& rabbitmq() const { return rabbitmq_; }
  std::string sql(const std::string& statement) const { return postgres().sql(statement); }
  Broker& broker() const { return rabbitmq_.administrator(); }

  // A second cluster on the port of the first, which must be stopped; the next reset() brings the first one back.
  void start_another_postgres() { another_.emplace(postgres_.port()); }

  // For what a test leaves lying about.
  const std::filesystem::path& directory() const { return rabbitmq_.directory(); }

 private:
  Upstreams() = default;

  PrivatePostgres postgres_;
  std::optional<PrivatePostgres> another_;
  PrivateRabbitmq rabbitmq_{PrivateRabbitmq::Statistics::quick};
};

// Inserts signals n = first..last of a strategy; n is the price. `at` is the SQL of their time: of itself the epoch second
// 1700000000 + n.
void insert_signals(const Upstreams& upstreams, const std::string& strategy, std::int64_t first, std::int64_t last,
                    const std::string& at = "'2023-11-14 22:13:20'::timestamp + n * interval '1 second'");
inline const std::string at_once = "clock_timestamp() AT TIME ZONE 'UTC'";

}  // namespace integration
