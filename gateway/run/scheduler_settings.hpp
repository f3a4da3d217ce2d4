// The pace of one run, for all its loops.
#pragma once

#include <filesystem>

#include "base/deadline.hpp"

namespace gateway {

struct SchedulerSettings {
  Milliseconds backoff_cap{};
  Milliseconds publish_interval{};  // after a change
  Milliseconds publish_within{};    // without one
  bool once = false;
  std::filesystem::path cache_path;
};

}  // namespace gateway
