// Two past weeks for an empty database: without them every list and every trend of a fresh demo would start bare.
#pragma once

#include "database.hpp"
#include "settings.hpp"

namespace trading {

// Whether there is nothing more to do: the tables were not empty, or the past has been written as a whole.
bool ensure_history(Database& database, const Settings& settings);

}  // namespace trading
