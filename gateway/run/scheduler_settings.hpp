// The pace of one run, for all its loops.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/deadline.hpp"
#include "publish/save_pace.hpp"

namespace gateway {

struct SchedulerSettings {
  Milliseconds backoff_cap{};
  Milliseconds publish_interval{};  // after a change
  Milliseconds publish_within{};    // without one
  SavePace save;
  bool once = false;
  std::filesystem::path cache_path;
  mode_t cache_mode = 0444;
};

}  // namespace gateway
