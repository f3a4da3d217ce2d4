#include "run/publish_loop.hpp"

#include <algorithm>

#include "run/log.hpp"

namespace gateway {
namespace {

void log_notice(const std::string& text) { log(Level::warn, "publishing", {{"text", text}}); }

}  // namespace

PublishLoop::PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings)
    : settings_(settings),
      store_(store),
      publisher_(
          loop, store, settings.cache_path, lock, [this](const auto& error) { note(error); }, log_notice),
      timer_(loop) {}

boost::asio::awaitable<void> PublishLoop::run() {
  while (!stopping_) {
    const auto next = published_at_ + (changed_ ? settings_.publish_interval : settings_.publish_within);
    const bool not_now = busy() || !store_.whole();
    if (Clock::now() < next || not_now) {
      timer_.expires_at(std::max(next, Clock::now() + Milliseconds{not_now ? 10 : 0}));
      co_await timer_.async_wait(quietly);
      continue;
    }
    changed_ = false;
    published_at_ = Clock::now();
    try {
      publisher_.publish();
    } catch (const std::exception& e) {
      note(e.what());
    }
  }
}

void PublishLoop::stop() {
  stopping_ = true;
  timer_.cancel();
}

void PublishLoop::changed() {
  changed_ = true;
  timer_.cancel();
}

std::optional<std::string> PublishLoop::publish_now() {
  changed_ = false;
  published_at_ = Clock::now();
  return publisher_.publish_now();
}

void PublishLoop::note(const std::optional<std::string>& error) {
  constexpr auto log_again = std::chrono::seconds{30};
  if (!error) {
    if (failing_) log(Level::info, "publish_recovered", {{"file", settings_.cache_path.string()}});
    failing_ = false;
    return;
  }
  if (!failing_ || Clock::now() - failure_logged_at_ >= log_again) {
    log(Level::error, "publish_failed", {{"error", *error}, {"text", "readers keep the last good file"}});
    failure_logged_at_ = Clock::now();
  }
  failing_ = true;
  changed_ = true;
}

}  // namespace gateway
