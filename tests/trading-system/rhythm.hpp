// "Every so often": work that is not due in every round, and the disturbance each service shows now and then.
#pragma once

#include <chrono>

namespace trading {

class Every {
 public:
  explicit Every(std::chrono::milliseconds period);
  // True at most once per period; the first time at once.
  bool due();

 private:
  std::chrono::milliseconds period_;
  std::chrono::steady_clock::time_point next_{};
};

// Off for `every`, then on for `lasting`, again and again; never on if `every` is zero.
class Disturbance {
 public:
  Disturbance(std::chrono::seconds every, std::chrono::seconds lasting);
  bool on() const;

 private:
  std::chrono::seconds every_;
  std::chrono::seconds lasting_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace trading
