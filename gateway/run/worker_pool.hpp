// Threads for blocking work. All of them are started at once: a limit on threads shows at the start, not under load.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace gateway {

class WorkerPool {
 public:
  // Throws std::runtime_error when the system refuses a thread; those already started have ended by then.
  explicit WorkerPool(std::size_t threads);
  // Waits for running work; what has not begun is dropped.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From any thread. `work` must not throw.
  template <typename Work>
  void post(Work&& work) {
    boost::asio::post(queue_, std::forward<Work>(work));
  }

 private:
  void stop();

  boost::asio::io_context queue_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open_{queue_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace gateway
