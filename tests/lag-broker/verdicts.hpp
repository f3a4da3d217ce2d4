// What one gateway says of every queue over time, and whether that is right.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "situations.hpp"

namespace lag_broker {

struct Verdict {
  int at = 0;  // s from the begin
  std::string word;
};

class Verdicts {
 public:
  explicit Verdicts(int polled_every) : polled_every_(polled_every) {}

  void note(const std::string& queue, int at, const std::string& word);
  // "ok, lagging at 81"
  std::string text(const std::string& queue) const;
  // What is wrong with them; empty: nothing.
  std::string wrong(const Situation& situation, int until) const;

 private:
  std::vector<Verdict> known(const std::string& queue) const;

  int polled_every_;
  std::map<std::string, std::vector<Verdict>> of_;  // changes
};

}  // namespace lag_broker
