// The HTTP side of a service: its port, /health with what the test control forces, /control, keys, and being mute.
// The port opens at once, before database and broker are there. (The real services open it after their start-up work;
// while they start, they refuse connections. Here that is the time before the process is started.)
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

namespace httplib {
class Server;
}

namespace trading {

class Service;

class HttpHost {
 public:
  // Throws when the port cannot be had.
  HttpHost(Service& service, std::stop_token stop);
  ~HttpHost();
  HttpHost(const HttpHost&) = delete;
  HttpHost& operator=(const HttpHost&) = delete;

 private:
  void add_routes();
  void wait_until_audible() const;

  Service& service_;
  std::stop_token stop_;
  std::unique_ptr<httplib::Server> server_;
  std::jthread thread_;
};

}  // namespace trading
