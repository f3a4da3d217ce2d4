// The history of a dataset that a file declares, into coarser tiers: what leaves a finer tier's window is rolled up bucket by bucket.
#pragma once

#include <cstdint>
#include <string>

#include "base/deadline.hpp"
#include "cache/database.hpp"

namespace gateway {

// Its table of polls, and the one in which an insert rolls a bucket.
struct HistoryTables {
  std::string poll, roll;
};

// Rolls what is due. After a long pause there is much: what cannot be done within `budget` waits for the next call.
void roll_declared_history(Database& database, const HistoryTables& tables, std::int64_t now, Milliseconds fine, Milliseconds minutes,
                           Milliseconds budget);

}  // namespace gateway
