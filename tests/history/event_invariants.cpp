#include "event_invariants.hpp"

#include <fmt/format.h>

#include <unordered_set>

namespace history {
namespace {

bool same(const Event& a, const Event& b) {
  return a.time == b.time && a.not_before == b.not_before && a.type == b.type && a.service == b.service && a.origin == b.origin &&
         a.entity == b.entity && a.status == b.status && a.facts == b.facts;
}

bool may_give_way(const Event& event) { return event.type == "model_training_started" && event.origin == "observed"; }

}  // namespace

void EventInvariants::enter(const Event& event) {
  if (event.not_before && *event.not_before > event.time) faults_.push_back("not_before_at is after time: " + event.id);
  const auto [before, added] = known_.emplace(event.id, event);
  if (added || same(before->second, event)) return;
  faults_.push_back(fmt::format("changed: {} was at {:.6f}, is at {:.6f}", event.id, before->second.time, event.time));
}

// Nearly always nothing has changed but that there is more: then only that is read.
void EventInvariants::look() {
  if (sum_up_to(observer_.store(), seen_.last_row) == seen_) {
    for (const auto& event : events_after(observer_.store(), seen_.last_row)) enter(event);
    seen_ = sum_of_all(observer_.store());
    if (static_cast<std::size_t>(seen_.rows) == known_.size()) return;
  }
  look_at_all();
}

void EventInvariants::look_at_all() {
  std::unordered_set<std::string> there;
  for (const auto& event : events_of(observer_.store())) {
    if (!there.insert(event.id).second) faults_.push_back("twice: " + event.id);
    enter(event);
  }
  std::unordered_set<std::string> stay;  // by retention: what it will not keep may leave with a burst, before its tick
  if (std::ranges::any_of(known_, [&](const auto& entry) { return !there.contains(entry.first); })) {
    std::vector<Event> all;
    for (const auto& [_, event] : known_) all.push_back(event);
    for (auto& event : kept(std::move(all), observer_.retention(), observer_.own_now())) stay.insert(std::move(event.id));
  }
  std::erase_if(known_, [&](const auto& entry) {
    if (there.contains(entry.first)) return false;
    if (!may_give_way(entry.second) && stay.contains(entry.first)) faults_.push_back("vanished: " + entry.first);
    return true;
  });
  seen_ = sum_of_all(observer_.store());
}

void EventInvariants::tidy() {
  look_at_all();
  std::vector<Event> before;
  before.reserve(known_.size());
  for (auto& [_, event] : known_) before.push_back(std::move(event));
  known_.clear();
  for (auto& event : kept(std::move(before), observer_.retention(), observer_.own_now())) known_.emplace(event.id, std::move(event));
  observer_.tidy();
  const auto should = known_.size();
  look_at_all();
  if (known_.size() > should) faults_.push_back(fmt::format("{} events are kept against the rules", known_.size() - should));
}

void EventInvariants::restarted(const std::vector<Event>& published) {
  known_.clear();
  for (const auto& event : published) known_.emplace(event.id, event);
  look_at_all();
  if (known_.size() > published.size() + 1)
    faults_.push_back(fmt::format("restart: {} events published, {} restored", published.size(), known_.size()));
}

}  // namespace history
