#include "check/clock.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace gateway {
namespace {

// The views call data fresh whose time is up to 5 s in the future.
constexpr double tolerated = 5;

}  // namespace

double precise_now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::optional<Finding> clock_finding(const std::string& name, double peer, double before, double after, double exact) {
  const double ahead = peer - after, behind = before - (peer + exact);
  if (ahead <= tolerated && behind <= tolerated) return std::nullopt;
  return Finding{Grade::fault,
                 fmt::format("the clock of {} is {:.0f} s {} of this host's: ages and \"stale\" are wrong by that", name,
                             std::round(std::max(ahead, behind)), ahead > behind ? "ahead" : "behind"),
                 "set both clocks by NTP: timedatectl set-ntp true"};
}

}  // namespace gateway
