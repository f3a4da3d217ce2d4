#include "run/publish_loop.hpp"

#include <algorithm>

#include "run/log.hpp"

namespace gateway {
namespace {

constexpr auto log_again = std::chrono::seconds{30};

void log_notice(const std::string& text) { log(Level::warn, "publishing", {{"text", text}}); }

}  // namespace

PublishLoop::PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings)
    : settings_(settings),
      store_(store),
      publisher_(loop, store, settings.cache_path, lock, settings.save,
                 {.published = [this](const auto& error) { note(error); },
                  .saved = [this](const auto& error) { note_save(error); },
                  .notice = log_notice}),
      timer_(loop) {}

boost::asio::awaitable<void> PublishLoop::run() {
  while (!stopping_) {
    const auto soonest = published_at_ + settings_.publish_interval;
    const auto next = changed_ ? soonest : std::max(soonest, std::min(published_at_ + settings_.publish_within, publisher_.save_due_at()));
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

std::optional<std::string> PublishLoop::publish_now(Publisher::Save save) {
  changed_ = false;
  published_at_ = Clock::now();
  return publisher_.publish_now(save);
}

void PublishLoop::note(const std::optional<std::string>& error) {
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

void PublishLoop::note_save(const std::optional<std::string>& error) {
  if (!error) {
    if (save_failing_) log(Level::info, "save_recovered", {{"file", settings_.cache_path.string()}});
    save_failing_ = false;
    return;
  }
  if (!save_failing_ || Clock::now() - save_failure_logged_at_ >= log_again) {
    log(Level::error, "save_failed", {{"error", *error}, {"text", "the copy saved before is what a power cut would leave"}});
    save_failure_logged_at_ = Clock::now();
  }
  save_failing_ = true;
  changed_ = true;  // what is in view says that it is saved
}

}  // namespace gateway
