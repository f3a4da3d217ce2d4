// When to ask again: at the interval while all is well, ever later up to a cap while it is not.
#pragma once

#include <algorithm>
#include <random>

#include "base/deadline.hpp"

namespace gateway {

class Backoff {
 public:
  Backoff(Milliseconds interval, Milliseconds cap) : interval_(interval), cap_(cap) {}

  // From the start of the attempt that just ended to the start of the next.
  Milliseconds after_success() {
    failures_ = 0;
    return jittered(interval_);
  }
  Milliseconds after_failure() {
    // Doubling is capped long before it could overflow.
    const auto factor = std::int64_t{1} << std::min(failures_, 20);
    ++failures_;
    return jittered(interval_ >= cap_ / factor ? cap_ : interval_ * factor);
  }
  // Credentials do not mend themselves, and upstreams lock out who insists.
  Milliseconds after_refused_credentials() {
    ++failures_;
    return jittered(cap_);
  }

 private:
  // Shortened by up to a tenth, never lengthened: the cap is a promise, and upstreams are not asked in step.
  Milliseconds jittered(Milliseconds delay) {
    std::uniform_real_distribution<double> share(0.9, 1.0);
    return std::max(Milliseconds{1}, Milliseconds{static_cast<std::int64_t>(static_cast<double>(delay.count()) * share(random_))});
  }

  Milliseconds interval_, cap_;
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace gateway
