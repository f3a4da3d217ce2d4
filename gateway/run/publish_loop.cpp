#include "run/publish_loop.hpp"

#include <algorithm>

#include "run/log.hpp"
#include "run/maintenance.hpp"

namespace gateway {
namespace {

constexpr auto log_again = std::chrono::seconds{30};
constexpr auto together = Milliseconds{200};            // how long an answer waits for those that were asked for with it
constexpr auto before_stale = std::chrono::seconds{2};  // ages are in whole seconds, and a publish takes its time

void log_notice(const std::string& text) { log(Level::warn, "publishing", {{"text", text}}); }

}  // namespace

PublishLoop::PublishLoop(boost::asio::io_context& loop, Store& store, Lock& lock, const SchedulerSettings& settings, RunObserver& observer)
    : settings_(settings),
      store_(store),
      observer_(observer),
      publisher_(loop, store, {settings.cache_path, settings.cache_mode}, lock, settings.save,
                 {.published = [this](const auto& error) { published(error); },
                  .saved = [this](const auto& error) { saved(error); },
                  .notice = log_notice,
                  .measured = [this](const auto& times) { observer_.measured(times); }}),
      timer_(loop) {}

Clock::time_point PublishLoop::due() const {
  const auto soonest = published_at_ + settings_.publish_interval;
  if (changed_) return under_way_ > 0 ? std::max(soonest, changed_at_ + std::min(settings_.publish_interval, together)) : soonest;
  const auto gathered = std::min({published_at_ + settings_.publish_within, publisher_.save_due_at(), stale_at_});
  return std::max(soonest, under_way_ > 0 ? gathered + together : gathered);
}

boost::asio::awaitable<void> PublishLoop::run() {
  while (!stopping_) {
    const auto next = due();
    const bool not_now = busy() || !store_.whole();
    if (Clock::now() < next || not_now) {
      timer_.expires_at(std::max(next, Clock::now() + Milliseconds{not_now ? 10 : 0}));
      co_await timer_.async_wait(quietly);
      continue;
    }
    changed_ = false;
    stale_at_ = Clock::time_point::max();
    published_at_ = Clock::now();
    try {
      note_maintenance();
      publisher_.publish();
    } catch (const std::exception& e) {
      published(e.what());
    }
  }
}

void PublishLoop::note_maintenance() {
  const auto announced = read_maintenance(settings_.cache_path);
  store_.set_maintenance(announced ? std::optional(announced->text) : std::nullopt, announced ? announced->until : std::nullopt);
}

void PublishLoop::stop() {
  stopping_ = true;
  timer_.cancel();
}

void PublishLoop::changed(bool seen) {
  // About as long as it may be gathered: published now, it is not as old as an interval when it comes.
  seen |= Clock::now() - published_at_ >= settings_.publish_within * 9 / 10;
  if (seen && !changed_) changed_at_ = Clock::now();
  changed_ |= seen;
  if (const auto at = store_.shown_stale_at()) stale_at_ = Clock::now() + std::chrono::seconds{*at - unix_now()} - before_stale;
  timer_.cancel();
}

void PublishLoop::attempt_ended() {
  if (--under_way_ == 0) timer_.cancel();
}

std::optional<std::string> PublishLoop::publish_now(Publisher::Save save) {
  changed_ = false;
  published_at_ = Clock::now();
  note_maintenance();
  return publisher_.publish_now(save);
}

void PublishLoop::published(const std::optional<std::string>& error) {
  note(publish_, error);
  if (!error) shown_();
  observer_.published(error);
}

void PublishLoop::saved(const std::optional<std::string>& error) {
  note(save_, error);
  observer_.saved(error);
}

void PublishLoop::note(Step& step, const std::optional<std::string>& error) {
  if (!error) {
    if (step.failing) log(Level::info, step.recovered, {{"file", settings_.cache_path.string()}});
    step.failing = false;
    return;
  }
  if (!step.failing || Clock::now() - step.logged_at >= log_again) {
    log(Level::error, step.failed, {{"error", *error}, {"text", step.consequence}});
    step.logged_at = Clock::now();
  }
  step.failing = true;
  changed_ = true;  // it is tried again; and what is in view may say that it is saved
}

}  // namespace gateway
