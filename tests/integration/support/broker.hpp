// The private RabbitMQ as its administrator sees it, through the management API: virtual hosts, users, queues, messages.
// Every call throws when RabbitMQ refuses it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace integration {

class Broker {
 public:
  explicit Broker(int management_port);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  bool answers();
  bool alarmed();
  // Only the virtual host / and the users guest and monitor, no queues.
  void reset(const std::string& monitor_password);

  void create_vhost(const std::string& vhost);
  void allow_monitor(const std::string& vhost);  // to see it, no more
  void forbid_monitor(const std::string& vhost);
  void declare(const std::string& vhost, const std::string& queue, const std::string& arguments = "{}");
  void remove_vhost(const std::string& vhost);
  void declare_many(const std::string& vhost, int count);  // q00000, q00001, ...
  void remove(const std::string& vhost, const std::string& queue);
  void purge(const std::string& vhost, const std::string& queue);
  std::string figures(const std::string& vhost, const std::string& queue);  // the JSON about it
  void publish(const std::string& vhost, const std::string& queue, std::size_t messages);
  // Status and body of a request as another user; `path` follows /api/.
  std::string request_as(const std::string& user, const std::string& password, const std::string& method, const std::string& path,
                         const std::string& body = "{}");

 private:
  std::string request(const std::string& method, const std::string& path, const std::string& body = {});

  struct Client;
  int port_;
  std::unique_ptr<Client> client_;
};

}  // namespace integration
