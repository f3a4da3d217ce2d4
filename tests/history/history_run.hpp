// One random history, watched by two gateways: one that nothing disturbs, and one that polls when it likes, fails, is
// killed between any two of its steps, comes back from its last published file, and whose clock is set. What both have at
// the end is compared with what happened.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace history {

struct HistoryResult {
  std::vector<std::string> faults;
  // For judging whether the history was rich enough.
  int polls = 0, failed_polls = 0, kills = 0, restarts = 0, clock_steps = 0, bursts = 0;
  std::size_t events = 0;

  void add(const HistoryResult& other);  // its numbers
};

HistoryResult run_random_history(std::uint64_t seed);

// HISTORY_SEED and HISTORY_COUNT, or a seed of chance and the number given.
struct Choice {
  std::uint64_t seed = 0;
  int count = 0;
};
Choice chosen(int count);

}  // namespace history
