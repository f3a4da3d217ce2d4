// A consumer, in a process of its own so that it can be stopped and killed.
#pragma once

#include <string>

namespace lag_broker {

// Runs until it is killed. `mode` is one of those in consumer.cpp; `prefetch` 0: no limit.
void consume(int port, const std::string& queue, const std::string& mode, int prefetch);

}  // namespace lag_broker
