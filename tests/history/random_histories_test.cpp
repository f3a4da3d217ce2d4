// A thousand random histories: whatever disturbs a gateway, in the end it has the history that happened, and on the way
// no event appears twice, moves or vanishes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>

#include "history_run.hpp"

namespace history {
namespace {

TEST(RandomHistories, EndAsTheyHappenedWhateverDisturbedTheGateway) {
  const auto choice = chosen(1000);
  std::cout << "HISTORY_SEED=" << choice.seed << " HISTORY_COUNT=" << choice.count << '\n' << std::flush;
  HistoryResult all;
  std::mutex guard;
  std::atomic<int> next{0}, failed{0};
  const auto work = [&] {
    constexpr int enough = 10;
    for (int i = next++; i < choice.count && failed < enough; i = next++) {
      const auto seed = choice.seed + static_cast<std::uint64_t>(i);
      const auto one = run_random_history(seed);
      const std::lock_guard hold(guard);
      all.add(one);
      if (one.faults.empty()) continue;
      ++failed;
      std::string text;
      constexpr std::size_t most_lines = 6;
      for (std::size_t k = 0; k < one.faults.size() && k < most_lines; ++k) text += "\n  " + one.faults[k];
      ADD_FAILURE() << "HISTORY_SEED=" << seed << " HISTORY_COUNT=1: " << one.faults.size() << " faults" << text;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (auto n = std::clamp(std::thread::hardware_concurrency(), 1U, 4U); n > 0; --n) threads.emplace_back(work);
  }
  std::cout << all.events << " events, " << all.bursts << " bursts, " << all.polls << " disturbed polls, " << all.failed_polls
            << " with failures, " << all.kills << " kills, " << all.restarts << " restarts, " << all.clock_steps << " clock steps" << '\n'
            << std::flush;
}

}  // namespace
}  // namespace history
