// Watches the history of one gateway from look to look: no event twice, none moves, none vanishes but by the rules.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "observer.hpp"

namespace history {

class EventInvariants {
 public:
  explicit EventInvariants(Observer& observer) : observer_(observer) {}

  // After anything but a tidy.
  void look();
  // Tidies, and compares what is left with the rules.
  void tidy();
  // After a start from a file with these events: they are there again, and nothing else but that start.
  void restarted(const std::vector<Event>& published);

  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void look_at_all();
  void enter(const Event& event);

  Observer& observer_;
  Sum seen_;
  std::unordered_map<std::string, Event> known_;
  std::vector<std::string> faults_;
};

}  // namespace history
