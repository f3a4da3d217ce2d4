// cpp-httplib with a thread per connection: a mute service holds every caller's connection open, and with a pool of
// threads the callers would soon have used it up, the one who wants to end the silence included.
#include "http_host.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "service.hpp"

namespace trading {

using nlohmann::json;

namespace {

class ThreadPerConnection : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override {
    {
      const std::lock_guard lock{mutex_};
      ++running_;
    }
    std::thread{[this, task = std::move(task)] {
      task();
      const std::lock_guard lock{mutex_};
      --running_;
      finished_.notify_all();
    }}.detach();
  }

  void shutdown() override {
    std::unique_lock lock{mutex_};
    finished_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable finished_;
  int running_ = 0;
};

}  // namespace

HttpHost::HttpHost(Service& service, std::stop_token stop)
    : service_{service}, stop_{std::move(stop)}, server_{std::make_unique<httplib::Server>()} {
  server_->new_task_queue = [] { return new ThreadPerConnection; };
  server_->set_keep_alive_max_count(1000);
  server_->set_keep_alive_timeout(5);
  server_->set_tcp_nodelay(true);
  // The library's default also sets SO_REUSEPORT: a second process would then share the port without a word.
  server_->set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  add_routes();
  const Settings& settings = service_.settings();
  if (!server_->bind_to_port(settings.listen, settings.http_port)) {
    throw std::runtime_error{fmt::format("cannot listen on {}:{}", settings.listen, settings.http_port)};
  }
  thread_ = std::jthread{[this] { server_->listen_after_bind(); }};
}

HttpHost::~HttpHost() { server_->stop(); }

void HttpHost::wait_until_audible() const {
  using namespace std::chrono_literals;
  while (!stop_.stop_requested() && (service_.control().flag("mute", false) || !service_.responsive())) {
    std::this_thread::sleep_for(50ms);
  }
  const auto wanted = std::chrono::milliseconds{static_cast<long>(service_.control().number("delay_ms").value_or(0))};
  const auto until = std::chrono::steady_clock::now() + wanted;
  while (!stop_.stop_requested() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(10ms);
}

void HttpHost::add_routes() {
  server_->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    using enum httplib::Server::HandlerResponse;
    if (request.path == "/control") return Unhandled;
    wait_until_audible();
    if (!service_.needs_key(request.path)) return Unhandled;
    const std::string given = request.get_header_value("X-API-Key");
    const std::string& expected = service_.settings().api_key;
    // With no key configured upstream nobody gets in.
    if (!expected.empty() && given == expected) return Unhandled;
    service_.refuse(!given.empty(), response);
    return Handled;
  });
  server_->Get("/health", [this](const httplib::Request&, httplib::Response& response) {
    json body = service_.health();
    Control& control = service_.control();
    if (const auto status = control.text("status")) body["status"] = *status;
    if (const auto patch = control.object("health")) body.update(*patch);
    response.status = static_cast<int>(control.number("http_status").value_or(200));
    response.set_content(body.dump(), "application/json");
  });
  auto show_control = [this](httplib::Response& response) {
    response.set_content(service_.control().forced().dump() + "\n", "application/json");
  };
  server_->Get("/control", [show_control](const httplib::Request&, httplib::Response& response) { show_control(response); });
  server_->Post("/control", [this, show_control](const httplib::Request& request, httplib::Response& response) {
    if (const auto fault = service_.control().apply(request.body)) {
      response.status = 400;
      response.set_content(json{{"error", *fault}}.dump() + "\n", "application/json");
      return;
    }
    show_control(response);
  });
  service_.add_routes(*server_);
  server_->set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.status == 404 && response.body.empty()) {
      response.set_content(R"({"detail":"Not Found"})", "application/json");
    }
  });
}

}  // namespace trading
