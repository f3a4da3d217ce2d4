// The services beside PostgreSQL and RabbitMQ: TradingService is a process of tests/trading-system, which speaks as the
// real ones do; ScriptedService answers exactly what a test tells it to, and can be mute or gone.
#pragma once

#include <memory>
#include <string>

#include "process.hpp"
#include "upstreams.hpp"

namespace integration {

inline const std::string service_key = "api-secret-c05e";

class TradingService {
 public:
  // Works on the private servers: writes rows, publishes messages.
  TradingService(std::string name, const Upstreams& upstreams);

  int port() const { return port_; }
  std::string url() const;
  // SIGKILL; nobody listens on its port any more.
  void kill() { process_.reset(); }
  void start();
  void control(const std::string& json) const;  // of its POST /control

 private:
  std::string name_;
  const Upstreams& upstreams_;
  int port_;
  std::unique_ptr<Process> process_;
};

class ScriptedService {
 public:
  ScriptedService();
  ~ScriptedService();
  ScriptedService(const ScriptedService&) = delete;
  ScriptedService& operator=(const ScriptedService&) = delete;

  int port() const;
  std::string url() const;
  // What GET /health answers from now on; every other path is 404. The first answer is a healthy one.
  void answer(int status, const std::string& body, const std::string& type = "application/json");
  void be_healthy() { answer(200, R"({"status":"healthy"})"); }
  // Accepts connections and answers nothing until told what.
  void be_mute();
  // Nobody listens.
  void stop();
  void start();
  int requests() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace integration
