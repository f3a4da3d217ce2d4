// The situations of a queue that are played side by side, and what is right to say of each.
#pragma once

#include <string>
#include <vector>

namespace lag_broker {

constexpr int never = -1;

struct Situation {
  std::string queue;
  std::string arguments = "{}";  // of its declaration
  double published_per_s = 0;
  std::string consumer = {};  // a mode of consumer.cpp; empty: none
  int prefetch = 0;
  int begins_at = 0;          // s: when its consumer starts
  int hangs_at = never;       // SIGSTOP
  int killed_at = never;      // SIGKILL
  int purged_every = never;   // s
  int parked = 0;             // messages that are there from the begin
  int lags_from = never;      // s: when it begins to be true that nothing, or too little, is consumed
  int noticed_within = 130;   // s after that, and a poll
  int well_from = never;      // s: when it is consumed again
  std::string always = "ok";  // the verdict of those that never lag
};

const std::vector<Situation>& situations();

}  // namespace lag_broker
