#include "run/worker_pool.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>

namespace gateway {

WorkerPool::WorkerPool(std::size_t threads) {
  try {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { queue_.run(); });
  } catch (const std::system_error& e) {
    const auto started = threads_.size();
    stop();
    throw std::runtime_error(fmt::format(
        "cannot start thread {} of {}, one for each upstream: {}; raise the limit on threads (systemd: TasksMax=, Compose: pids_limit)",
        started + 1, threads, e.code().message()));
  }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  queue_.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace gateway
