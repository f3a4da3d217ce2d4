// The only place that logs how sources fare: when it changes, and at most every 30 s while it does not.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/deadline.hpp"
#include "base/error.hpp"

namespace gateway {

struct Outcome;

class SourceLog {
 public:
  // `age_s`: how old the source's last success was when this run began.
  void add(const std::string& source, double age_s);

  // Seconds since the source's last success, by the steady clock.
  double failing_for_s(const std::string& source) const;
  // `error`: what became of the outcome in the end; nullopt: stored.
  void note(const Outcome& outcome, const std::optional<Error>& error);

 private:
  struct SourceState {
    bool failing = false;
    ErrorClass kind = ErrorClass::other;
    Clock::time_point logged_at{};
    Clock::time_point good_at = Clock::now();  // its last success
    double already_s = 0;                      // its age when this run began
    std::string noted;                         // what was logged about its last answer
  };

  std::map<std::string, SourceState> states_;
};

}  // namespace gateway
