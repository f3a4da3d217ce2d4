#include "cache/event_bound.hpp"

namespace gateway {

void trim_events(Database& database) {
  database.run(
      "WITH RECURSIVE types (type) AS (SELECT min(event_type) FROM event UNION ALL "
      "  SELECT (SELECT min(event_type) FROM event WHERE event_type > type) FROM types WHERE type IS NOT NULL), "
      "first_to_leave AS (SELECT event_id FROM types CROSS JOIN event WHERE event_id = ("
      "  SELECT event_id FROM event WHERE event_type = type ORDER BY time DESC, event_id LIMIT 1 OFFSET (SELECT event_max FROM "
      "gateway_state))) "
      "DELETE FROM event WHERE rowid IN ("
      "  SELECT e.rowid FROM first_to_leave JOIN event f USING (event_id) CROSS JOIN event e "
      "   WHERE e.event_type = f.event_type AND e.time <= f.time AND (e.time < f.time OR e.event_id >= f.event_id) "
      "     AND e.origin <> 'observed' LIMIT 1000)");
}

}  // namespace gateway
