#include "simulated_queue.hpp"

#include <algorithm>
#include <cmath>

namespace gateway {

void SimulatedQueue::arrive() {
  arriving += published_per_s;
  arrived_this_second = static_cast<std::int64_t>(std::floor(arriving));
  arriving -= static_cast<double>(arrived_this_second);
  messages += arrived_this_second;
  if (publishes_are_counted) counters.published += arrived_this_second;
  if (expires_after_s > 0 && arrived_this_second > 0) arrivals.emplace_back(second, arrived_this_second);
  if (max_length > 0) messages = std::min(messages, max_length);
}

void SimulatedQueue::expire() {
  while (!arrivals.empty() && arrivals.front().first <= second - expires_after_s) {
    messages = std::max(unacknowledged, messages - arrivals.front().second);
    arrivals.pop_front();
  }
}

std::int64_t SimulatedQueue::allowed() {
  consuming = std::min(consuming + consumed_per_s, 1e9);
  const auto n = std::min(static_cast<std::int64_t>(std::floor(consuming)), messages - unacknowledged);
  consuming = n < messages - unacknowledged ? consuming - static_cast<double>(n) : 0;
  return std::max(std::int64_t{0}, n);
}

void SimulatedQueue::consume() {
  consumed_this_second = 0;
  const auto take = [&](std::int64_t n) {
    messages -= n;
    consumed_this_second = n;
  };
  switch (consumer) {
    case Consumer::none: break;
    case Consumer::acknowledging:
    case Consumer::automatic: {
      const auto n = allowed();
      counters.delivered += n;
      counters.consumed += n;
      take(n);
      break;
    }
    case Consumer::rejecting: {
      const auto n = allowed();
      counters.delivered += n;
      take(n);
      break;
    }
    case Consumer::requeueing: {
      const auto n = std::min<std::int64_t>(allowed(), 100);
      counters.delivered += n;
      counters.redelivered += n;
      break;
    }
    case Consumer::hung:
    case Consumer::hung_with_prefetch: {
      const auto most = consumer == Consumer::hung ? messages : std::int64_t{5};
      const auto n = std::max(std::int64_t{0}, std::min(most, messages) - unacknowledged);
      counters.delivered += n;
      unacknowledged += n;
      break;
    }
    case Consumer::batches: {
      const auto n = messages - unacknowledged;
      counters.delivered += n;
      unacknowledged += n;
      if (second % batch_every_s != 0) break;
      counters.consumed += unacknowledged;
      const auto done = unacknowledged;
      unacknowledged = 0;
      take(done);
      break;
    }
  }
}

void SimulatedQueue::step() {
  ++second;
  arrive();
  if (expires_after_s > 0) expire();
  consume();
  constexpr std::int64_t told_every_s = 5;
  if ((second + counter_phase) % told_every_s == 0) told_counters = counters;
  if ((second + length_phase) % told_every_s == 0) {
    told_messages = messages;
    told_unacknowledged = unacknowledged;
  }
}

void SimulatedQueue::restart() {
  messages = std::max(messages, std::int64_t{0});
  unacknowledged = 0;
  counters = told_counters = {};
  told_messages = messages;
  told_unacknowledged = 0;
}

QueueSample SimulatedQueue::sample() const {
  QueueSample sample;
  sample.messages = told_messages;
  sample.unacknowledged = told_unacknowledged;
  sample.consumers = consumer == Consumer::none ? 0 : 1;
  sample.counters = told_counters;
  sample.state = "running";
  sample.type = "classic";
  return sample;
}

}  // namespace gateway
