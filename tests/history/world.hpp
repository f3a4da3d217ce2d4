// The upstreams as they are at one simulated time: the rows of PostgreSQL, the services, the exchange connection and the
// training; and what they were at every time before, for judging what a gateway says that it observed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace history {

struct SignalRow {
  std::string signal_id;
  double time = 0;
  std::string strategy_id, asset, side;
  double price = 0;
  std::optional<double> confidence;
  std::optional<std::string> model_version;
  bool is_warmup = false;
};

struct OrderRow {
  std::string id, order_id, signal_id, asset, side, order_type;  // side: Buy, SELL
  double quantity = 0;
  std::optional<double> price;
  std::string status;
  double filled_quantity = 0;
  std::optional<double> average_price, fees;
  double created_at = 0, updated_at = 0;
  std::optional<double> executed_at;
  bool is_dry_run = false;
  std::optional<std::string> rejection_reason;
  std::vector<double> ends{};  // not a column: every time its row has given as that of its end, the first one first
  bool dated_ahead = false;    // when it was written
  bool end_seen = false;       // by whoever looks at every step
};

struct ExecutionRow {
  std::string id, signal_id, strategy_id, asset, side;
  double price = 0, quantity = 0, fees = 0, executed_at = 0;
  std::optional<double> realized_pnl;
};

struct VersionRow {
  std::string id, version;
  std::optional<std::string> strategy_id;
  double trained_at = 0;
  std::optional<std::int64_t> duration_s;
  bool is_active = false;
  std::optional<double> accuracy;
};

struct SubscriptionRow {
  std::string id, channel_type;
  std::optional<std::string> symbol;
  std::string topic, requesting_service;
  bool is_active = true;
  double created_at = 0, updated_at = 0;
  std::optional<double> last_event_at;
};

struct Training {
  double started_at = 0, ends_at = 0;
  std::optional<std::string> version;  // nullopt: fails, leaves no row
  bool tells_duration = true;
};

// What was so from when on.
class Timeline {
 public:
  void set(double time, const std::string& what) {
    if (changes_.empty() || changes_.back().second != what) changes_.emplace_back(time, what);
  }
  const std::vector<std::pair<double, std::string>>& changes() const { return changes_; }
  std::string now() const { return changes_.empty() ? std::string() : changes_.back().second; }

 private:
  std::vector<std::pair<double, std::string>> changes_;
};

struct World {
  double now = 0;
  std::vector<SignalRow> signals;
  std::vector<OrderRow> orders;
  std::vector<ExecutionRow> executions;
  std::vector<VersionRow> versions;
  std::vector<SubscriptionRow> subscriptions;
  // By upstream: `refused`, `silent`, `absent` (404), or what /health says.
  std::map<std::string, Timeline> services;
  Timeline private_connection;  // as ws-gateway puts it; empty: it does not say
  std::vector<Training> trainings;
  std::unordered_map<std::string, std::size_t> signal_by_id;

  void add(SignalRow row) {
    signal_by_id.emplace(row.signal_id, signals.size());
    signals.push_back(std::move(row));
  }
  bool answers(const std::string& upstream) const {
    const auto found = services.find(upstream);
    const auto says = found == services.end() ? std::string() : found->second.now();
    return says != "refused" && says != "silent" && says != "absent";
  }
  const Training* training() const {
    for (const auto& t : trainings) {
      if (t.started_at <= now && now < t.ends_at) return &t;
    }
    return nullptr;
  }
};

inline std::string closure_of(const OrderRow& order) {
  if (order.is_dry_run || order.status == "dry_run") return "dry_run";
  if (order.status == "filled" || order.status == "cancelled" || order.status == "rejected") return order.status;
  return "open";
}

}  // namespace history
