#include "history_run.hpp"

#include <cstdlib>

#include "event_invariants.hpp"
#include "expected_events.hpp"
#include "random.hpp"
#include "random_world.hpp"
#include "unit/support.hpp"

namespace history {
namespace {

class HistoryRun {
 public:
  explicit HistoryRun(std::uint64_t seed)
      : random_(seed),
        retention_{.most = random_.one_of(std::vector<std::int64_t>{200, 300, 1000, 1000, 100000}),
                   .for_s = random_.one_of(std::vector<std::int64_t>{3600, 86400, 30 * 86400, 30 * 86400})},
        clocky_(random_.chance(0.3)),
        poll_chance_(random_.real(0.3, 0.95)),
        random_world_(world_, random_,
                      {.burst = random_.chance(0.25) ? 0.05 : 0,
                       .huge_burst = random_.chance(0.02) ? 0.3 : 0,  // costs as much as ten others
                       .outage = random_.real(0, 0.05),
                       .long_pauses = random_.chance(0.5)}),
        steady_(world_, directory_ / "steady.db", retention_),
        shaken_(world_, directory_ / "shaken.db", retention_) {}

  HistoryResult run() {
    begin();
    for (auto n = random_.between(6, 26); n > 0; --n) {
      const auto rows = world_.signals.size() + world_.orders.size() + world_.subscriptions.size();
      random_world_.step();
      played_.bursts += world_.signals.size() + world_.orders.size() + world_.subscriptions.size() > rows + 200 ? 1 : 0;
      steady_.poll_all();
      steady_ledger_.look();
      if (random_.chance(0.05)) steady_ledger_.tidy();
      if (shaken_.running()) disturb();
      else if (random_.chance(0.4)) come_back();
    }
    end();
    return std::move(played_);
  }

 private:
  void begin() {
    constexpr double somewhen = 1'764'583'200;
    const int rows = random_.chance(0.1) ? 450 : 30;
    random_world_.begin(microseconds(somewhen + random_.real(0, 86400)), static_cast<int>(random_.between(0, rows)),
                        static_cast<int>(random_.between(0, rows)));
    steady_.start();
    shaken_.start();
    steady_.poll_all();
    shaken_.poll_all();
    shaken_.publish();
    beginning_ = begun(world_);
  }

  void disturb() {
    if (clocky_ && random_.chance(0.08)) {
      ++played_.clock_steps;
      shaken_.set_clock(random_.one_of(std::vector<double>{0, 3600, -3600, 40, -40}));
    }
    for (const auto& upstream : upstream_names()) {
      if (!random_.chance(poll_chance_)) continue;
      const auto trouble = some_trouble();
      ++played_.polls;
      if (trouble.kind != Trouble::Kind::none || !trouble.silent_sources.empty()) ++played_.failed_polls;
      shaken_.poll(upstream, trouble);
      if (random_.chance(0.1)) shaken_.publish();
    }
    shaken_ledger_.look();
    if (random_.chance(0.4)) shaken_.publish();
    if (random_.chance(0.1)) shaken_ledger_.tidy();
    if (random_.chance(0.06)) {
      ++played_.kills;
      shaken_.kill();
      if (random_.chance(0.5)) come_back();
    } else if (random_.chance(0.03)) {
      shaken_.stop();
      if (random_.chance(0.5)) come_back();
    }
  }

  Trouble some_trouble() {
    Trouble trouble;
    if (random_.chance(0.1)) trouble.kind = random_.chance(0.5) ? Trouble::Kind::refused : Trouble::Kind::silent;
    for (const auto& source : simulated_sources()) {
      if (!source.name.ends_with(".health") && random_.chance(0.05)) trouble.silent_sources.insert(source.name);
    }
    return trouble;
  }

  void come_back() {
    ++played_.restarts;
    const auto published = events_of(shaken_.file());
    shaken_.start();
    shaken_ledger_.restarted(published);
  }

  void end() {
    random_world_.recover();
    if (!shaken_.running()) come_back();
    shaken_.set_clock(0);
    const auto both_look = [&] {
      for (auto* gateway : {&steady_, &shaken_}) gateway->poll_all();
      steady_ledger_.look();
      shaken_ledger_.look();
    };
    // Very many open orders are looked at in turn.
    constexpr int until_all_were_looked_at = 10;
    for (int looks = 0; looks < until_all_were_looked_at; ++looks) both_look();
    constexpr double longer_than_any_clock_was_wrong = 2 * 3600;
    random_world_.pass(longer_than_any_clock_was_wrong);
    both_look();
    steady_ledger_.tidy();
    shaken_ledger_.tidy();
    compare("undisturbed", steady_, steady_ledger_, true);
    compare("disturbed", shaken_, shaken_ledger_, false);
    played_.events = events_of(steady_.store()).size();
  }

  void compare(const std::string& who, const Observer& gateway, const EventInvariants& invariants, bool at_once) {
    auto due = due_from_rows(world_, beginning_, at_once);
    for (auto& d : events_due_from_log(world_, gateway.log(), gateway.clock_ever_set())) due.push_back(std::move(d));
    for (const auto& f : invariants.faults()) fault(who + ": " + f);
    for (const auto& f : differences(events_of(gateway.store()), due, gateway.retention(), gateway.own_now())) fault(who + ": " + f);
  }

  void fault(std::string text) { played_.faults.push_back(std::move(text)); }

  Random random_;
  World world_;
  Retention retention_;
  bool clocky_;
  double poll_chance_;
  RandomWorld random_world_;
  gateway::TemporaryDirectory directory_;
  Observer steady_, shaken_;
  EventInvariants steady_ledger_{steady_}, shaken_ledger_{shaken_};
  Beginning beginning_;
  HistoryResult played_;
};

}  // namespace

void HistoryResult::add(const HistoryResult& other) {
  polls += other.polls;
  failed_polls += other.failed_polls;
  kills += other.kills;
  restarts += other.restarts;
  clock_steps += other.clock_steps;
  bursts += other.bursts;
  events += other.events;
}

HistoryResult run_random_history(std::uint64_t seed) {
  try {
    return HistoryRun(seed).run();
  } catch (const std::exception& e) {
    HistoryResult ended;
    ended.faults.emplace_back(e.what());
    return ended;
  }
}

Choice chosen(int count) {
  Choice choice{.seed = std::random_device{}(), .count = count};
  if (const char* seed = std::getenv("HISTORY_SEED")) choice.seed = std::strtoull(seed, nullptr, 10);
  if (const char* n = std::getenv("HISTORY_COUNT")) choice.count = std::atoi(n);
  return choice;
}

}  // namespace history
