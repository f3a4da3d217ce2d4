// Queue history into coarser tiers: what leaves a finer tier's window is rolled up bucket by bucket.
#pragma once

#include <cstdint>
#include <string>

#include "base/deadline.hpp"
#include "cache/database.hpp"

namespace gateway {

// Rolls what is due. After a long pause there is much: what cannot be done within `budget` waits for the next call.
void roll_queue_history(Database& database, std::int64_t now, Milliseconds fine, Milliseconds minutes, Milliseconds budget);

// The same for the history of a dataset of a file: one of the same shape, under other names.
struct HistoryTables {
  std::string poll = "queue_poll", roll = "queue_rollup";
};
void roll_history(Database& database, const HistoryTables& tables, std::int64_t now, Milliseconds fine, Milliseconds minutes,
                  Milliseconds budget);

}  // namespace gateway
