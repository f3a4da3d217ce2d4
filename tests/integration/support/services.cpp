#include "services.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "raw_server.hpp"

namespace integration {

TradingService::TradingService(std::string name, const Upstreams& upstreams)
    : name_(std::move(name)), upstreams_(upstreams), port_(free_port()) {
  start();
}

std::string TradingService::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void TradingService::start() {
  process_ = std::make_unique<Process>(Command{
      .words = {TRADING_SYSTEM, name_, "--http-port", std::to_string(port_), "--postgres-port",
                std::to_string(upstreams_.postgres().port()), "--amqp-port", std::to_string(upstreams_.rabbitmq().port()), "--no-history",
                "--pace-ms", "300", "--tick-ms", "200", "--disturb-every", "0"},
      .environment = {{"WS_GATEWAY_API_KEY", service_key}, {"MODEL_SERVICE_API_KEY", service_key}, {"ORDERMANAGER_API_KEY", service_key}}});
}

void TradingService::control(const std::string& json) const {
  httplib::Client client("127.0.0.1", port_);
  const auto result = client.Post("/control", json, "application/json");
  if (!result || result->status != 200) throw std::runtime_error(fmt::format("{}: control {} was refused", name_, json));
}

struct ScriptedService::Server {
  const int port = free_port();
  std::mutex mutex;
  std::condition_variable told;
  bool mute = false, stopping = false;
  int status = 200, requests = 0;
  std::string body = R"({"status":"healthy"})", type = "application/json";
  std::optional<RawServer> listening;

  bool respond(Peer& peer, const std::string& request) {
    if (!request.starts_with("GET ")) {
      peer.send(http_answer(400, ""));
      return false;
    }
    if (target_of(request) != "/health") return peer.send(http_answer(404, ""));
    std::unique_lock lock(mutex);
    ++requests;
    told.wait(lock, [this] { return !mute || stopping; });
    const auto answer = http_answer(status, body, fmt::format("Content-Type: {}\r\n", type));
    lock.unlock();
    return peer.send(answer);
  }

  void start() {
    stopping = false;
    if (!listening) listening.emplace([this](Peer& peer, const std::string& request) { return respond(peer, request); }, "", port);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    told.notify_all();
    listening.reset();
  }
};

ScriptedService::ScriptedService() : server_(std::make_unique<Server>()) { server_->start(); }
ScriptedService::~ScriptedService() { server_->stop(); }

int ScriptedService::port() const { return server_->port; }
std::string ScriptedService::url() const { return fmt::format("http://127.0.0.1:{}", port()); }

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
