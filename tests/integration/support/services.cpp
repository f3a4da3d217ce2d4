#include "services.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace integration {

TradingService::TradingService(std::string name, const Upstreams& upstreams)
    : name_(std::move(name)), upstreams_(upstreams), port_(free_port()) {
  start();
}

std::string TradingService::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void TradingService::start() {
  process_ = std::make_unique<Process>(Command{
      .words = {TRADING_SYSTEM, name_, "--http-port", std::to_string(port_), "--postgres-port", std::to_string(upstreams_.postgres_port()),
                "--amqp-port", std::to_string(upstreams_.amqp_port()), "--no-history", "--pace-ms", "300", "--tick-ms", "200",
                "--disturb-every", "0"},
      .environment = {{"WS_GATEWAY_API_KEY", service_key}, {"MODEL_SERVICE_API_KEY", service_key}, {"ORDERMANAGER_API_KEY", service_key}}});
}

void TradingService::control(const std::string& json) const {
  httplib::Client client("127.0.0.1", port_);
  const auto result = client.Post("/control", json, "application/json");
  if (!result || result->status != 200) throw std::runtime_error(fmt::format("{}: control {} was refused", name_, json));
}

// A server of httplib cannot be started twice, so each start makes a new one on the same port.
struct ScriptedService::Server {
  const int port = free_port();
  std::mutex mutex;
  std::condition_variable told;
  bool mute = false, stopping = false;
  int status = 200, requests = 0;
  std::string body = R"({"status":"healthy"})", type = "application/json";
  std::unique_ptr<httplib::Server> http;
  std::thread thread;

  void start() {
    if (thread.joinable()) return;
    stopping = false;
    http = std::make_unique<httplib::Server>();
    http->Get("/health", [this](const httplib::Request&, httplib::Response& response) {
      std::unique_lock lock(mutex);
      ++requests;
      told.wait(lock, [this] { return !mute || stopping; });
      response.status = status;
      response.set_content(body, type);
    });
    http->set_keep_alive_timeout(1);
    http->set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    if (!http->bind_to_port("127.0.0.1", port)) throw std::runtime_error(fmt::format("cannot listen on port {}", port));
    thread = std::thread([this] { http->listen_after_bind(); });
    while (!http->is_running()) std::this_thread::yield();
  }

  void stop() {
    if (!thread.joinable()) return;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    told.notify_all();
    http->stop();
    thread.join();
  }
};

ScriptedService::ScriptedService() : server_(std::make_unique<Server>()) { server_->start(); }
ScriptedService::~ScriptedService() { server_->stop(); }

std::string ScriptedService::url() const { return fmt::format("http://127.0.0.1:{}", server_->port); }

void ScriptedService::answer(int status, const std::string& body, const std::string& type) {
  {
    const std::lock_guard lock(server_->mutex);
    server_->mute = false;
    server_->status = status;
    server_->body = body;
    server_->type = type;
  }
  server_->told.notify_all();
}

void ScriptedService::be_mute() {
  const std::lock_guard lock(server_->mutex);
  server_->mute = true;
}

void ScriptedService::stop() { server_->stop(); }
void ScriptedService::start() { server_->start(); }

int ScriptedService::requests() const {
  const std::lock_guard lock(server_->mutex);
  return server_->requests;
}

}  // namespace integration
