// Whether the run is alive (its loop turns) and ready (readers see what it publishes). Written by the loop thread, read by any.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/deadline.hpp"

namespace gateway {

struct Verdict {
  bool good = false;
  std::string reason;  // one line
};

class Vitals {
 public:
  // What becomes ready, and the words for it.
  struct Words {
    const char *failing, *not_yet, *nothing;
  };
  static constexpr Words of_gateway{"publishing fails", "nothing has been published yet", "nothing has been published"};

  // `publish_within`: it publishes at least this often, whatever happens upstream.
  explicit Vitals(Milliseconds publish_within, Words words = of_gateway);

  void turned(Clock::time_point at) { turned_at_ = at.time_since_epoch().count(); }
  void published(const std::optional<std::string>& error, Clock::time_point at);

  Verdict alive(Clock::time_point now) const;
  // The rule of the view `gateway`, and of `ping`; besides, a publish that fails shows at once.
  Verdict ready(Clock::time_point now) const;

 private:
  const Clock::duration recent_publish_;
  const Words words_;
  std::atomic<Clock::rep> turned_at_{0};  // 0: not yet
  mutable std::mutex mutex_;
  std::optional<Clock::time_point> published_at_;
  std::optional<std::string> failing_;
};

}  // namespace gateway
