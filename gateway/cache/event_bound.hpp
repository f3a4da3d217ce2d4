// Events in bounds while many arrive at once.
#pragma once

#include "cache/database.hpp"

namespace gateway {

// Deletes what retention will not keep anyway, at most a thousand. Retention by age and by service waits for its tick; this is for
// bursts: of a hundred thousand orders within seconds not every event is to be held until then. Only of events that follow from
// rows: those of one type are all of one service, so that more than EVENT_MAX of a type are more than enough of the service, too.
void trim_events(Database& database);

}  // namespace gateway
