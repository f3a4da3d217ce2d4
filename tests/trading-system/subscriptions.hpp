// The subscriptions table of ws-gateway: what the other services asked for at their first start, a change now and then,
// and the mark each incoming message leaves, on one arbitrary active row of its topic and with updated_at rewritten.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "database.hpp"
#include "random.hpp"

namespace trading {

bool ensure_subscriptions(Database& database);

// Cancels one public subscription, or subscribes anew (as a new row) to one that was cancelled.
void change_a_subscription(Database& database, Random& choices);

void mark_events(Database& database, const std::vector<std::string>& topics);

// As GET /api/v1/subscriptions shows a row.
extern const char* const subscription_columns;
nlohmann::json subscription_item(const Rows& rows, int row);

}  // namespace trading
