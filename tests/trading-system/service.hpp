// What all services have in common: a worker thread that does rounds of work with one database and one broker
// connection, a second database connection for HTTP requests (as a pool gives it), and the test control.
// One thread works and many answer, so what both touch is atomic or behind a lock in the service concerned.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "broker.hpp"
#include "control.hpp"
#include "database.hpp"
#include "random.hpp"
#include "settings.hpp"

namespace httplib {
class Server;
struct Request;
struct Response;
}  // namespace httplib

namespace trading {

class Service {
 public:
  Service(const Settings& settings, std::stop_token stop, std::vector<QueueUse> queues);
  virtual ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // One round of work; called in the worker thread only.
  virtual void work() = 0;

  // From here on: called in HTTP threads.
  virtual nlohmann::json health() = 0;
  virtual void add_routes(httplib::Server&) {}
  // False while the service cannot answer anything, its event loop being busy.
  virtual bool responsive() const { return true; }
  virtual bool needs_key(const std::string& path) const = 0;
  virtual void refuse(bool key_given, httplib::Response& response) const = 0;

  Control& control() { return control_; }
  const Settings& settings() const { return settings_; }

  // Rounds until stopped.
  void run();

 protected:
  bool may_write() const { return control_.flag("rows", true); }
  void publish(const std::string& queue, const nlohmann::json& message);
  bool stopping() const { return stop_.stop_requested(); }

  const Settings& settings_;
  std::stop_token stop_;
  Control control_;
  Database database_;
  Database http_database_;
  Broker broker_;
  Random choices_;
  Random ids_;
};

std::unique_ptr<Service> make_service(const Settings& settings, std::stop_token stop);

}  // namespace trading
