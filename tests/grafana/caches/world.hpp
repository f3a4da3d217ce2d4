// A small trading system that never was: what stands in its tables and what its services say at any moment. The same
// moment always gives the same, so that a poll sees what the poll before saw, and a little more.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/rows.hpp"

namespace grafana {

struct Names {
  std::vector<std::string> strategies, assets, queues, vhosts, requesting_services, reasonings, refusals, errors, topics;
  std::string model_prefix;
};
Names plain_names();
// Quotes, line breaks, SQL, Cyrillic, emoji, what Grafana replaces: each wherever a name can stand.
Names hostile_names();

// Of [from, to) seconds.
struct Window {
  std::int64_t from = 0, to = 0;
  bool holds(std::int64_t at) const { return at >= from && at < to; }
};

struct World {
  Names names = plain_names();
  std::int64_t born_at = 0;  // nothing is older
  std::int64_t signal_every_s = 20;
  std::int64_t model_every_s = 4 * 3600;
  std::size_t queues = 24, subscriptions = 24, cancelled_subscriptions = 40;
  Window degraded, disconnected, training, backlog;

  static World ending_at(std::int64_t now);
};

// The newest `count` numbers of signals not younger than `at`, newest first: signal n was made at its time.
std::vector<std::int64_t> newest_signals(const World& world, std::int64_t at, std::int64_t count);
std::vector<std::int64_t> signals_since(const World& world, std::int64_t from, std::int64_t at);
double signal_time(const World& world, std::int64_t n);

// Rows as PostgreSQL answers the gateway's own queries.
gateway::Table signal_rows(const World& world, const std::vector<std::int64_t>& numbers);
gateway::Table order_rows(const World& world, const std::vector<std::int64_t>& numbers, std::int64_t at);
gateway::Table execution_rows(const World& world, const std::vector<std::int64_t>& numbers, std::int64_t at);
gateway::Table model_rows(const World& world, std::int64_t at);
gateway::Table dataset_build_rows(const World& world, std::int64_t at);
gateway::Table subscription_rows(const World& world, std::int64_t at);
// Hourly sums; kind is orders or executions.
gateway::Table quality_rows(const World& world, const std::string& kind, std::int64_t from_hour, std::int64_t to_hour, std::int64_t at);

bool has_order(std::int64_t n);
std::string signal_uuid(std::int64_t n);
std::string order_uuid(std::int64_t n);
// The number in a uuid of ours.
std::int64_t number_of(const std::string& uuid);

// Documents as the services and the broker answer.
std::string queues_document(const World& world, std::int64_t at);
std::string overview_document(const World& world);
std::string health_document(const World& world, const std::string& service, std::int64_t at);
std::string training_document(const World& world, std::int64_t at);

}  // namespace grafana
