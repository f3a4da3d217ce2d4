// The history as it should be: from the rows of the world, and from what a gateway's log says it saw. Written from the
// rules of the events, not from the gateway's SQL.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "event.hpp"
#include "observer.hpp"
#include "world.hpp"

namespace history {

// An event that should be there, with every time it may have: a repeated rejection that is seen late has moved.
struct Due {
  Event event;
  std::vector<double> times;
  bool may_be_absent = false;
  // Of a change across a gap: not_before must be this; across a short one that nobody knew of it may be.
  bool gap_is_long = false;
};

// What the world was when a gateway first looked: it tells of the newest 200 rows of each table, and of what comes after.
struct Beginning {
  std::set<std::string> untold;  // events that are never written
  std::set<std::string> over;    // orders that had ended: a later refusal moves nothing
};
Beginning begun(const World& world);

// `at_once`: whoever looks at every step sees every rejection when it happens.
std::vector<Due> due_from_rows(const World& world, const Beginning& beginning, bool at_once);
std::vector<Due> events_due_from_log(const World& world, const ObservationLog& log, bool clock_ever_set);

// What differs between the history a gateway has and the one it should have, one line a fault; empty: nothing.
std::vector<std::string> differences(const std::vector<Event>& actual, const std::vector<Due>& due, const Retention& retention,
                                     std::int64_t now);

}  // namespace history
