// A real PostgreSQL and a real RabbitMQ of our own, started once for the whole program by the scripts in
// tests/upstreams, on free ports, in a directory of their own. Whatever ends this program, an abort or a SIGKILL
// included, the servers are stopped and the directory is removed: a guardian process waits for that.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "broker.hpp"
#include "free_port.hpp"
#include "guardian.hpp"
#include "process.hpp"
#include "session.hpp"

namespace integration {

// Told apart from everything else on purpose: a test looks for them where they must not be.
inline const std::string monitor_password = "pg-secret-7f3a";
inline const std::string broker_password = "mq-secret-91bd";

class Upstreams {
 public:
  static Upstreams& instance();  // started by the first call

  // Back to an empty schema and a broker without queues, both running, whatever a test has left behind.
  void reset();

  // Addresses and credentials, as the gateway is told.
  Variables settings() const;

  std::string sql(const std::string& statement) const;  // as superuser
  std::string superuser() const;                        // connection strings
  std::string monitor() const;
  Broker& broker() { return *broker_; }

  void start_postgres();
  void stop_postgres();  // immediately, as a crash does
  void start_rabbitmq();
  void kill_rabbitmq();
  void rabbitmqctl(const std::vector<std::string>& arguments);
  // A second cluster on the same port; the first must be stopped, and the next reset() brings it back.
  void start_another_postgres();
  std::string postgres_log() const;

  int postgres_port() const { return postgres_port_; }
  int amqp_port() const { return amqp_port_; }
  const std::filesystem::path& directory() const { return directory_; }

  // Stops everything and waits until it is gone.
  static void end();

 private:
  Upstreams();
  ~Upstreams();
  void hasten_samples() const;
  std::string script(const std::string& name, const std::vector<std::string>& arguments, const std::filesystem::path& directory) const;
  std::string superuser(const std::string& database, const std::filesystem::path& directory) const;
  void renew_database();

  std::filesystem::path directory_;
  int postgres_port_, amqp_port_, management_port_;
  bool another_ = false;
  Guardian guardian_;
  std::unique_ptr<Broker> broker_;
};

}  // namespace integration
