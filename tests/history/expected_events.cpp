#include "expected_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace history {
namespace {

std::string lower_side(const std::string& side) { return side == "Buy" ? "buy" : "sell"; }

class Rows {
 public:
  Rows(const World& world, const Beginning& beginning, bool at_once) : world_(world), beginning_(beginning), at_once_(at_once) {}

  std::vector<Due> all() {
    for (const auto& row : world_.signals) signal(row);
    for (const auto& row : world_.orders) order(row);
    for (const auto& row : world_.versions) version(row);
    for (const auto& row : world_.subscriptions) subscription(row);
    return std::move(due_);
  }

 private:
  // Rows dated ahead are read when their time has come.
  bool is_to_come(double time) const { return time > world_.now; }

  void add(Event event, std::vector<double> times, bool may_be_absent = false) {
    if (beginning_.untold.contains(event.id)) return;
    event.id.shrink_to_fit();
    event.time = times.front();
    due_.push_back({.event = std::move(event), .times = std::move(times), .may_be_absent = may_be_absent});
  }

  void signal(const SignalRow& s) {
    add({.id = "trading_signal_received:" + s.signal_id,
         .type = "trading_signal_received",
         .category = "signal",
         .service = "model-service",
         .origin = "row",
         .entity = s.signal_id + "||" + s.model_version.value_or("") + "|",
         .status = s.is_warmup       ? "warmup"
                   : s.model_version ? "model"
                                     : "rule",
         .facts = s.asset + "|" + s.side + "|||"},
        {s.time}, is_to_come(s.time));
  }

  void order(const OrderRow& o) {
    const auto event = [&](const std::string& type, const std::string& status) {
      return Event{.id = type + ":" + o.id,
                   .type = type,
                   .category = "order",
                   .service = "order-manager",
                   .origin = "row",
                   .entity = o.signal_id + "|" + o.order_id + "||",
                   .status = status,
                   .facts = o.asset + "|" + lower_side(o.side) + "|||"};
    };
    add(event("order_created", ""), {o.created_at}, is_to_come(o.created_at));
    if (o.ends.empty()) return;
    auto times = o.ends;
    // One that is dated ahead is read when its time has come; it may have been refused again by then, and its end be too old.
    const bool dated_ahead = o.dated_ahead || is_to_come(o.created_at);
    if (!dated_ahead && (at_once_ || beginning_.over.contains(o.id))) times.resize(1);
    if (o.status == "filled") add(event("order_executed", "filled"), times, dated_ahead);
    add(event("order_closed", o.status), times, dated_ahead);
  }

  void version(const VersionRow& v) {
    const auto event = [&](const std::string& type, const std::string& origin) {
      return Event{.id = type + ":" + v.version,
                   .type = type,
                   .category = "model",
                   .service = "model-service",
                   .origin = origin,
                   .entity = "||" + v.version + "|",
                   .status = "",
                   .facts = "||||"};
    };
    if (v.duration_s) add(event("model_training_started", "derived"), {v.trained_at - static_cast<double>(*v.duration_s)});
    add(event("model_training_completed", "row"), {v.trained_at});
    const bool first = std::ranges::none_of(world_.versions, [&](const auto& o) {
      return o.strategy_id == v.strategy_id && std::tie(o.trained_at, o.id) < std::tie(v.trained_at, v.id);
    });
    if (!first) add(event("model_retrained", "derived"), {v.trained_at});
  }

  void subscription(const SubscriptionRow& s) {
    const auto event = [&](const std::string& type, const std::string& status) {
      return Event{.id = type + ":" + s.id,
                   .type = type,
                   .category = "subscription",
                   .service = "ws-gateway",
                   .origin = "row",
                   .entity = "|||" + s.id,
                   .status = status,
                   .facts = "||" + s.symbol.value_or("") + "|" + s.channel_type + "|" + s.requesting_service};
    };
    add(event("subscription_created", "created"), {s.created_at});
    if (!s.is_active) add(event("subscription_cancelled", "cancelled"), {s.updated_at});
  }

  const World& world_;
  const Beginning& beginning_;
  bool at_once_;
  std::vector<Due> due_;
};

class Observed {
 public:
  Observed(const World& world, const ObservationLog& log, bool clock_ever_set)
      : world_(world), log_(log), clock_ever_set_(clock_ever_set) {}

  std::vector<Due> all() {
    std::map<std::string, std::vector<const Sighting*>> of;
    for (const auto& s : log_.sightings) of[s.subject].push_back(&s);
    for (const auto& [subject, sightings] : of) {
      const Sighting *known = nullptr, *unknown = nullptr;  // the last ones
      for (const auto* now : sightings) {
        if (now->status == "unknown") {
          unknown = now;
          continue;
        }
        if (known != nullptr && known->status != now->status) changed(*known, unknown, *now);
        known = now;
        unknown = nullptr;
      }
    }
    for (const auto& upstream : upstream_names()) outages(upstream);
    for (const auto at : log_.starts) add("gateway_started", "health", "gateway", "started", "gateway", at);
    return std::move(due_);
  }

 private:
  Due* add(const std::string& type, const std::string& category, const std::string& service, const std::string& status,
           const std::string& entity, std::int64_t at) {
    const auto id = fmt::format("{}:{}:{}", type, entity, at);
    if (!ids_.insert(id).second) return nullptr;  // the same second once more: told apart by the second, it is one event
    const auto time = static_cast<double>(at);
    due_.push_back({.event = {.id = id,
                              .time = time,
                              .type = type,
                              .category = category,
                              .service = service,
                              .origin = "observed",
                              .entity = "|||",
                              .status = status,
                              .facts = "||||"},
                    .times = {time}});
    return &due_.back();
  }

  void changed(const Sighting& before, const Sighting* unknown, const Sighting& after) {
    Due* due = nullptr;
    if (after.subject == "training") {
      if (after.status != "training") return;
      due = add("model_training_started", "model", "model-service", "started", "model-service", after.own);
      if (due != nullptr) give_way(*due, after);
    } else if (after.subject.starts_with("ws:")) {
      if (before.status != "connected" && after.status != "connected") return;
      const auto connection = after.subject.substr(3);
      const std::string type = after.status != "connected" ? "websocket_disconnected"
                               : was_connected(after)      ? "websocket_reconnected"
                                                           : "websocket_connected";
      due = add(type, "connection", "ws-gateway", after.status, connection, after.own);
    } else {
      due = add("service_status_changed", "health", after.subject, after.status, after.subject, after.own);
    }
    if (due == nullptr || after.own < before.own) return;
    due->event.not_before = static_cast<double>(before.own);
    const auto started = log_.starts.at(after.starts - 1);
    const bool restarted = after.starts > before.starts && before.own < started && started <= after.own;
    const bool was_unknown = unknown != nullptr && before.own < unknown->own && unknown->own < after.own;
    due->gap_is_long =
        after.subject == "training" || restarted || was_unknown || static_cast<double>(after.own - before.own) > stale_after_s();
  }

  bool was_connected(const Sighting& now) const {
    return std::ranges::any_of(log_.sightings,
                               [&](const auto& s) { return s.subject == now.subject && s.status == "connected" && s.at < now.at; });
  }

  // An observed start gives way to the derived one of the same training; if that never comes, it stays.
  void give_way(Due& due, const Sighting& seen) const {
    const auto running =
        std::ranges::find_if(world_.trainings, [&](const auto& t) { return t.started_at <= seen.at && seen.at < t.ends_at; });
    constexpr double clocks_may_differ_s = 6;
    const bool behind_another = std::ranges::any_of(world_.trainings, [&](const auto& t) {
      return t.version && t.tells_duration && t.started_at < seen.at && seen.at >= t.ends_at && seen.at < t.ends_at + clocks_may_differ_s;
    });
    // A start within the minute that a duration may leave out, and not seen as one of its own: it is taken for this one.
    constexpr double grace_s = 61;
    const bool before_another = std::ranges::any_of(world_.trainings, [&](const auto& t) {
      return t.version && t.tells_duration && t.started_at > seen.at && t.started_at < seen.at + grace_s && !seen_to_start(t);
    });
    if (clock_ever_set_ || behind_another || before_another) {
      due.may_be_absent = true;
    } else if (running != world_.trainings.end() && running->version && running->tells_duration) {
      due_absent_.insert(due.event.id);
    }
  }

  bool seen_to_start(const Training& training) const {
    std::string before;
    for (const auto& s : log_.sightings) {
      if (s.subject != "training") continue;
      if (before == "idle" && s.status == "training" && training.started_at <= s.at && s.at < training.ends_at) return true;
      before = s.status;
    }
    return false;
  }

  void outages(const std::string& upstream) {
    int failures = 0;
    std::int64_t first = 0;
    for (const auto& attempt : log_.attempts) {
      if (attempt.upstream != upstream) continue;
      if (attempt.failed) {
        if (++failures == 1) first = attempt.own;
        if (failures == 2) add("upstream_lost", "health", upstream, "lost", upstream, first);
      } else {
        if (failures >= 2) add("upstream_recovered", "health", upstream, "recovered", upstream, attempt.own);
        failures = 0;
      }
    }
  }

 public:
  const std::set<std::string>& given_way() const { return due_absent_; }

 private:
  const World& world_;
  const ObservationLog& log_;
  bool clock_ever_set_;
  std::set<std::string> ids_;
  mutable std::set<std::string> due_absent_;
  std::vector<Due> due_;
};

// Those rows that are older than the newest 200.
template <typename T, typename Tell>
void untold(const std::vector<T>& rows, double T::* time, const Tell& tell) {
  constexpr std::size_t told = 200;
  std::vector<const T*> all;
  for (const auto& row : rows) all.push_back(&row);
  std::ranges::sort(all, [&](const T* a, const T* b) { return a->*time > b->*time; });
  for (std::size_t i = told; i < all.size(); ++i) {
    if (all[i]->*time < all[told - 1]->*time) tell(*all[i]);
  }
}

std::string shown(const Event& e) {
  return fmt::format("{} at {:.6f}{} ({}, {}, {}, {}, {})", e.id, e.time,
                     e.not_before ? fmt::format(" not before {:.0f}", *e.not_before) : "", e.type, e.service, e.origin, e.status, e.entity);
}

// What only the first sight can know, and what a row may say differently later, is not compared.
bool status_is_fixed(const std::string& type) { return type != "order_created" && !type.starts_with("model_"); }

std::optional<std::string> difference(const Event& is, const Due& due) {
  const auto& should = due.event;
  if (std::ranges::find(due.times, is.time) == due.times.end()) return "another time";
  if (is.type != should.type || is.category != should.category || is.service != should.service || is.origin != should.origin)
    return "another kind";
  if (is.entity != should.entity || is.facts != should.facts) return "other facts";
  if (status_is_fixed(is.type) && is.status != should.status) return "another status";
  if (is.not_before && is.not_before != should.not_before) return "another not_before_at";
  if (!is.not_before && should.not_before && due.gap_is_long) return "no not_before_at";
  return std::nullopt;
}

}  // namespace

Beginning begun(const World& world) {
  Beginning beginning;
  for (const auto& order : world.orders) {
    if (!order.ends.empty()) beginning.over.insert(order.id);
  }
  untold(world.signals, &SignalRow::time, [&](const auto& s) { beginning.untold.insert("trading_signal_received:" + s.signal_id); });
  untold(world.orders, &OrderRow::created_at, [&](const auto& o) {
    beginning.untold.insert("order_created:" + o.id);
    if (o.ends.empty()) return;
    beginning.untold.insert("order_executed:" + o.id);
    beginning.untold.insert("order_closed:" + o.id);
  });
  untold(world.subscriptions, &SubscriptionRow::created_at,
         [&](const auto& s) { beginning.untold.insert("subscription_created:" + s.id); });
  std::vector<SubscriptionRow> cancelled;
  std::ranges::copy_if(world.subscriptions, std::back_inserter(cancelled), [](const auto& s) { return !s.is_active; });
  untold(cancelled, &SubscriptionRow::updated_at, [&](const auto& s) { beginning.untold.insert("subscription_cancelled:" + s.id); });
  return beginning;
}

std::vector<Due> due_from_rows(const World& world, const Beginning& beginning, bool at_once) {
  return Rows(world, beginning, at_once).all();
}

std::vector<Due> events_due_from_log(const World& world, const ObservationLog& log, bool clock_ever_set) {
  Observed observed(world, log, clock_ever_set);
  auto due = observed.all();
  std::erase_if(due, [&](const Due& d) { return observed.given_way().contains(d.event.id); });
  return due;
}

std::vector<std::string> differences(const std::vector<Event>& actual, const std::vector<Due>& due, const Retention& retention,
                                     std::int64_t now) {
  std::vector<std::string> faults;
  std::unordered_map<std::string, const Event*> is;
  for (const auto& event : actual) {
    if (!is.emplace(event.id, &event).second) faults.push_back("twice: " + shown(event));
  }
  std::vector<Event> all;
  std::unordered_map<std::string, const Due*> by_id;
  for (const auto& d : due) {
    by_id.emplace(d.event.id, &d);
    const auto found = is.find(d.event.id);
    if (found == is.end() && d.may_be_absent) continue;
    all.push_back(d.event);
    // Of one that is not there nobody knows at which of its times it was seen. An order written with a time ahead of the
    // clock and refused again ends earlier then: what leaves so need not be there.
    all.back().time = found != is.end() ? found->second->time : std::ranges::min(d.times);
  }
  std::set<std::string> stay;
  for (const auto& event : kept(std::move(all), retention, now)) {
    stay.insert(event.id);
    if (!is.contains(event.id)) faults.push_back("missing: " + shown(event));
  }
  for (const auto& event : actual) {
    const auto found = by_id.find(event.id);
    if (found == by_id.end()) {
      faults.push_back("nothing of the kind happened: " + shown(event));
    } else if (!stay.contains(event.id)) {
      faults.push_back("should have left: " + shown(event));
    } else if (const auto what = difference(event, *found->second)) {
      faults.push_back(*what + ": " + shown(event) + " but should be " + shown(found->second->event));
    }
  }
  return faults;
}

}  // namespace history
