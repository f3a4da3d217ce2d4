// One service of the trading system: settings, its HTTP port, its rounds of work, until SIGTERM or SIGINT.
#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <memory>
#include <stop_token>
#include <thread>

#include "http_host.hpp"
#include "log.hpp"
#include "service.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  // Blocked before any thread exists, so that only the sigwait below receives them.
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  sigaddset(&endings, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &endings, nullptr);
  try {
    const trading::Settings settings = trading::settings_from(argc, argv);
    // Not on the stack: g++ 12 then takes it for uninitialised and fails the build.
    const auto stop = std::make_unique<std::stop_source>();
    const auto service = trading::make_service(settings, stop->get_token());
    const trading::HttpHost host{*service, stop->get_token()};
    trading::log_line(fmt::format("{} listens on {}:{}", settings.service, settings.listen, settings.http_port));
    std::jthread worker{[&service] { service->run(); }};
    int received = 0;
    sigwait(&endings, &received);
    stop->request_stop();
    worker.join();
    trading::log_line("stopped");
  } catch (const std::exception& error) {
    trading::log_line(error.what());
    return 1;
  }
  return 0;
}
