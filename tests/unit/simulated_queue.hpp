// A queue of a broker in simulated time, second by second: what is published, what its consumer does, and what the broker
// reports of it, which is up to five seconds old, counters and lengths each by a clock of their own.
#pragma once

#include <cstdint>
#include <deque>

#include "datasets/lag.hpp"

namespace gateway {

enum class Consumer { none, acknowledging, automatic, rejecting, requeueing, hung, hung_with_prefetch, batches };

struct SimulatedQueue {
  // What happens from now on; may be changed at any time.
  double published_per_s = 1, consumed_per_s = 1e9;
  Consumer consumer = Consumer::acknowledging;
  std::int64_t expires_after_s = 0, max_length = 0, batch_every_s = 30;
  bool publishes_are_counted = true;  // not those that are dead-lettered into it
  std::int64_t counter_phase = 0, length_phase = 0;

  void step();     // one second
  void restart();  // of the broker: counters begin again, messages stay
  void purge() { messages = 0, arrivals.clear(); }
  QueueSample sample() const;

  std::int64_t second = 0, messages = 0, unacknowledged = 0;
  QueueCounters counters;
  std::int64_t consumed_this_second = 0, arrived_this_second = 0;

 private:
  void arrive();
  void expire();
  void consume();
  std::int64_t allowed();

  double arriving = 0, consuming = 0;
  std::int64_t batch = 0;
  std::deque<std::pair<std::int64_t, std::int64_t>> arrivals;  // second, messages; oldest first; kept only where they expire
  QueueCounters told_counters;
  std::int64_t told_messages = 0, told_unacknowledged = 0;
};

}  // namespace gateway
