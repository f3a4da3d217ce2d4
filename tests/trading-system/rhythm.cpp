// Steady time only: a clock that is set must not make a service train twice.
#include "rhythm.hpp"

namespace trading {

using Steady = std::chrono::steady_clock;

Every::Every(std::chrono::milliseconds period) : period_{period} {}

bool Every::due() {
  const auto now = Steady::now();
  if (now < next_) return false;
  next_ = now + period_;
  return true;
}

Disturbance::Disturbance(std::chrono::seconds every, std::chrono::seconds lasting)
    : every_{every}, lasting_{lasting}, start_{Steady::now()} {}

bool Disturbance::on() const {
  if (every_.count() <= 0) return false;
  return (Steady::now() - start_) % (every_ + lasting_) >= every_;
}

}  // namespace trading
