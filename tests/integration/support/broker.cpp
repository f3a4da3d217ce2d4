#include "broker.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace integration {
namespace {

using nlohmann::json;

// Every byte that could mean something in a path; httplib encodes some of them a second time unless told not to.
std::string encoded(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') text += c;
    else text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return text;
}

}  // namespace

struct Broker::Client {
  httplib::Client http;
  explicit Client(int port) : http("127.0.0.1", port) {
    http.set_basic_auth("guest", "guest");
    http.set_keep_alive(true);
    http.set_tcp_nodelay(true);
    http.set_url_encode(false);
    http.set_connection_timeout(5);
    http.set_read_timeout(30);
  }
};

Broker::Broker(int management_port) : port_(management_port), client_(std::make_unique<Client>(management_port)) {}
Broker::~Broker() = default;

std::string Broker::request_as(const std::string& user, const std::string& password, const std::string& method, const std::string& path,
                               const std::string& body) {
  Client client(port_);
  client.http.set_basic_auth(user, password);
  httplib::Request request;
  request.method = method;
  request.path = "/api/" + path;
  if (method != "GET") request.body = body;
  request.set_header("Content-Type", "application/json");
  const auto result = client.http.send(request);
  if (!result) throw std::runtime_error(fmt::format("{} {}: {}", method, path, httplib::to_string(result.error())));
  return fmt::format("{} {}", result->status, result->body);
}

std::string Broker::request(const std::string& method, const std::string& path, const std::string& body) {
  httplib::Request request;
  request.method = method;
  request.path = "/api/" + path;
  if (method != "GET") {
    request.body = body;
    request.set_header("Content-Type", "application/json");
  }
  const auto result = client_->http.send(request);
  if (!result) throw std::runtime_error(fmt::format("{} {}: {}", method, path, httplib::to_string(result.error())));
  if (result->status >= 300) throw std::runtime_error(fmt::format("{} {}: HTTP {} {}", method, path, result->status, result->body));
  return result->body;
}

bool Broker::answers() {
  try {
    request("GET", "overview");
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool Broker::alarmed() {
  const auto result = client_->http.Get("/api/health/checks/alarms");
  return result && result->status == 503;
}

void Broker::reset(const std::string& monitor_password) {
  for (const auto& queue : json::parse(request("GET", "queues?columns=vhost,name"))) {
    remove(queue.at("vhost").get<std::string>(), queue.at("name").get<std::string>());
  }
  for (const auto& vhost : json::parse(request("GET", "vhosts?columns=name"))) {
    const auto name = vhost.at("name").get<std::string>();
    if (name != "/") request("DELETE", "vhosts/" + encoded(name));
  }
  request("PUT", "users/monitor", json{{"password", monitor_password}, {"tags", "monitoring"}}.dump());
  allow_monitor("/");
}

void Broker::create_vhost(const std::string& vhost) {
  request("PUT", "vhosts/" + encoded(vhost), "{}");
  request("PUT", fmt::format("permissions/{}/guest", encoded(vhost)), R"({"configure":".*","write":".*","read":".*"})");
}

void Broker::allow_monitor(const std::string& vhost) {
  request("PUT", fmt::format("permissions/{}/monitor", encoded(vhost)), R"({"configure":"^$","write":"^$","read":"^$"})");
}

void Broker::forbid_monitor(const std::string& vhost) { request("DELETE", fmt::format("permissions/{}/monitor", encoded(vhost))); }

void Broker::declare(const std::string& vhost, const std::string& queue, const std::string& arguments) {
  request("PUT", fmt::format("queues/{}/{}", encoded(vhost), encoded(queue)),
          fmt::format(R"({{"durable":true,"arguments":{}}})", arguments));
}

void Broker::remove_vhost(const std::string& vhost) { request("DELETE", "vhosts/" + encoded(vhost)); }

void Broker::declare_many(const std::string& vhost, int count) {
  json queues = json::array();
  for (int i = 0; i < count; ++i)
    queues.push_back(
        {{"name", fmt::format("q{:05}", i)}, {"vhost", vhost}, {"durable", false}, {"auto_delete", false}, {"arguments", json::object()}});
  request("POST", "definitions", json{{"queues", queues}}.dump());
}

void Broker::remove(const std::string& vhost, const std::string& queue) {
  request("DELETE", fmt::format("queues/{}/{}", encoded(vhost), encoded(queue)));
}

void Broker::purge(const std::string& vhost, const std::string& queue) {
  request("DELETE", fmt::format("queues/{}/{}/contents", encoded(vhost), encoded(queue)));
}

std::string Broker::figures(const std::string& vhost, const std::string& queue) {
  return request("GET", fmt::format("queues/{}/{}", encoded(vhost), encoded(queue)));
}

void Broker::publish(const std::string& vhost, const std::string& queue, std::size_t messages) {
  const auto body =
      json{{"properties", {{"delivery_mode", 2}}}, {"routing_key", queue}, {"payload", "x"}, {"payload_encoding", "string"}}.dump();
  const auto path = fmt::format("exchanges/{}/amq.default/publish", encoded(vhost));
  for (std::size_t i = 0; i < messages; ++i) {
    if (!json::parse(request("POST", path, body)).at("routed").get<bool>()) throw std::runtime_error("a message found no queue " + queue);
  }
}

}  // namespace integration
