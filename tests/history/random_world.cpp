#include "random_world.hpp"

#include <algorithm>

#include "trading.hpp"

namespace history {
namespace {

const std::vector<std::string> services{"ws-gateway", "model-service", "order-manager"};
const std::vector<std::string> statuses{"healthy", "healthy", "healthy", "degraded", "unhealthy", "refused", "silent", "absent"};
const std::vector<std::string> connection_words{"connected", "connected", "disconnected", "reconnecting", "connecting", "error", ""};

}  // namespace

RandomWorld::RandomWorld(World& world, Random& random, WorldShape temper) : world_(world), random_(random), temper_(temper) {}

void RandomWorld::begin(double now, int signals, int orders) {
  constexpr double quiet_s = 200;  // longer than any row may be late
  constexpr double past_s = 86400;
  world_.now = now;
  const auto earlier = [&] { return now - quiet_s - random_.real(0, past_s); };
  for (int i = 0; i < signals; ++i) decide(world_, random_, earlier());
  for (int i = 0; i < orders; ++i) {
    const double at = earlier();
    order_for(random_.uuid(), at);
    if (random_.chance(0.7)) end_some_order();
  }
  for (int i = 0; i < 4; ++i) subscribe(world_, random_, earlier());
  if (random_.chance(0.5)) unsubscribe(world_.subscriptions[0], now - quiet_s);
  // Those above were ended "now": move them into the past like everything else.
  for (auto& order : world_.orders) {
    if (order.ends.empty()) continue;
    const double end = microseconds(std::max(order.created_at, now - quiet_s - random_.real(0, quiet_s)));
    order.ends = {end};
    order.updated_at = end;
    if (order.executed_at) order.executed_at = end;
  }
  for (const auto& service : services) world_.services[service].set(now, "healthy");
  world_.services["postgres"].set(now, "healthy");
  world_.private_connection.set(now, "connected");
}

void RandomWorld::step() {
  double seconds = random_.real(5, 15);
  if (random_.chance(0.1)) seconds = random_.real(60, 900);
  if (temper_.long_pauses && random_.chance(0.03)) seconds = random_.real(0.5, 3) * 86400;
  step(seconds);
}

void RandomWorld::step(double seconds) {
  for (auto& order : world_.orders) order.end_seen = !order.ends.empty();
  world_.now = microseconds(world_.now + seconds);
  lately_ = std::min(seconds, 10.0);
  if (temper_.trainings) train();
  come_and_go();
  if (world_.services["postgres"].now() != "healthy") return;
  for (auto n = random_.between(0, 4); n > 0; --n) trade();
  if (random_.chance(0.5)) end_some_order();
  if (random_.chance(0.15)) refuse_some_again();
  if (random_.chance(temper_.burst)) burst();
  stream();
}

void RandomWorld::trade() {
  constexpr double latest_s = 119, farthest_s = 3600;
  double at = just_now();
  if (random_.chance(0.15)) at = world_.now - random_.real(0, latest_s);  // committed late
  if (random_.chance(0.03)) at = world_.now + random_.real(1, farthest_s);
  const auto signal = random_.chance(0.8) ? decide(world_, random_, at).signal_id : random_.uuid();
  if (random_.chance(0.8)) order_for(signal, random_.chance(0.9) ? at : world_.now - random_.real(0, latest_s));
}

void RandomWorld::order_for(const std::string& signal_id, double at) {
  if (random_.chance(0.15)) {
    for (auto n = random_.between(1, 2); n > 0; --n) rehearse(world_, random_, signal_id, at);
    return;
  }
  if (random_.chance(0.3)) {
    refuse(world_, random_, signal_id, at);
    if (random_.chance(0.5)) return;
  }
  place(world_, random_, signal_id, at);
}

void RandomWorld::end_some_order() {
  std::vector<OrderRow*> open;
  for (auto& order : world_.orders) {
    if (closure_of(order) == "open") open.push_back(&order);
  }
  for (auto n = std::min<std::int64_t>(random_.between(1, 3), static_cast<std::int64_t>(open.size())); n > 0; --n) {
    auto& order = *random_.one_of(open);
    if (closure_of(order) != "open") continue;
    const double at = just_now();
    switch (random_.between(0, 5)) {
      case 0: fill_partly(order, at); break;
      case 1: cancel(order, at); break;
      case 2: reject(order, at); break;
      default:
        fill(order, at);
        for (auto events = random_.between(0, 2); events > 0; --events) report_execution(world_, random_, order, at);
    }
  }
}

// Those that ended in this very step are left alone: nobody could have seen the first rejection.
void RandomWorld::refuse_some_again() {
  std::vector<OrderRow*> rejected;
  for (auto& order : world_.orders) {
    if (order.status == "rejected" && order.end_seen) rejected.push_back(&order);
  }
  constexpr std::size_t newest = 20;
  if (rejected.empty()) return;
  const auto from = rejected.size() > newest && random_.chance(0.8) ? rejected.size() - newest : 0;
  auto& order = *rejected[from + random_.index(rejected.size() - from)];
  refuse_again(order, just_now());
}

void RandomWorld::burst() {
  auto n = random_.between(205, 300);
  if (random_.chance(temper_.huge_burst)) n = random_.between(5001, 7000);
  const auto kind = random_.between(0, 9);
  const auto strategy = random_.one_of(strategies());
  if (kind == 3) {
    for (auto i = std::min<std::int64_t>(n, 300) + 250; i > 0; --i) subscribe(world_, random_, just_now());
    return;
  }
  if (kind == 4) {
    for (auto& row : world_.subscriptions) {
      if (row.is_active) unsubscribe(row, just_now());
    }
    return;
  }
  for (; n > 0; --n) {
    const double at = just_now();
    if (kind == 0) decide(world_, random_, at).strategy_id = strategy;
    else if (kind < 3 || kind > 7) refuse(world_, random_, random_.uuid(), at);
    else order_for(decide(world_, random_, at).signal_id, at);
  }
}

void RandomWorld::stream() {
  if (random_.chance(0.15)) subscribe(world_, random_, just_now());
  const bool flowing = random_.chance(0.8);
  for (auto& row : world_.subscriptions) {
    if (!row.is_active) continue;
    if (flowing && random_.chance(0.7)) receive(row, just_now());
    if (random_.chance(0.02)) unsubscribe(row, world_.now);
  }
}

void RandomWorld::train() {
  if (!world_.trainings.empty() && world_.trainings.back().ends_at > world_.now) return;
  const bool unfinished = !world_.trainings.empty() && versions_ < static_cast<int>(world_.trainings.size());
  if (unfinished) {
    if (world_.services["postgres"].now() != "healthy") return;  // its row waits
    ++versions_;
    auto& ended = world_.trainings.back();
    std::optional<std::string> strategy = random_.one_of(strategies());
    if (random_.chance(0.2)) strategy.reset();
    finish(world_, random_, ended, strategy);
  }
  if (!random_.chance(unfinished ? 0.3 : 0.06)) return;
  // Queued trainings follow each other at once.
  const double start = unfinished && random_.chance(0.7) ? std::max(world_.trainings.back().ends_at + 0.5, world_.now - 2) : just_now();
  Training next{.started_at = start,
                .ends_at = microseconds(start + random_.real(20, 600)),
                .version = std::nullopt,
                .tells_duration = random_.chance(0.8)};
  if (random_.chance(0.75)) next.version = fmt::format("v{}", static_cast<std::int64_t>(next.ends_at));
  world_.trainings.push_back(std::move(next));
}

void RandomWorld::come_and_go() {
  for (const auto& service : services) {
    if (random_.chance(temper_.outage)) world_.services[service].set(world_.now, random_.one_of(statuses));
  }
  auto& postgres = world_.services["postgres"];
  if (postgres.now() != "healthy" ? random_.chance(0.4) : random_.chance(temper_.outage / 2)) {
    postgres.set(world_.now, postgres.now() != "healthy" ? "healthy" : random_.chance(0.5) ? "refused" : "silent");
  }
  if (random_.chance(0.08)) world_.private_connection.set(world_.now, random_.one_of(connection_words));
}

void RandomWorld::recover() {
  for (auto& [_, timeline] : world_.services) timeline.set(world_.now, "healthy");
  if (!world_.trainings.empty() && world_.trainings.back().ends_at > world_.now) world_.now = world_.trainings.back().ends_at + 1;
  temper_.trainings = false;
  if (versions_ < static_cast<int>(world_.trainings.size())) {
    ++versions_;
    finish(world_, random_, world_.trainings.back(), strategies()[0]);
  }
}

}  // namespace history
