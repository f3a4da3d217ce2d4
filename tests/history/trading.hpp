// What the trading system does to its rows, one deed a function: the columns change together as its services change them.
#pragma once

#include "random.hpp"
#include "world.hpp"

namespace history {

const std::vector<std::string>& strategies();

SignalRow& decide(World& world, Random& random, double at);
OrderRow& place(World& world, Random& random, const std::string& signal_id, double at);
OrderRow& refuse(World& world, Random& random, const std::string& signal_id, double at);    // never sent: rejected from the start
OrderRow& rehearse(World& world, Random& random, const std::string& signal_id, double at);  // a dry run
void fill_partly(OrderRow& order, double at);
void fill(OrderRow& order, double at);
void cancel(OrderRow& order, double at);
void reject(OrderRow& order, double at);
void refuse_again(OrderRow& order, double at);  // the same signal once more: only updated_at moves
ExecutionRow& report_execution(World& world, Random& random, const OrderRow& order, double at);

SubscriptionRow& subscribe(World& world, Random& random, double at);
void receive(SubscriptionRow& subscription, double at);  // a message: updated_at is rewritten
void unsubscribe(SubscriptionRow& subscription, double at);

// A training's end, if it leaves a row.
void finish(World& world, Random& random, const Training& training, const std::optional<std::string>& strategy);

}  // namespace history
