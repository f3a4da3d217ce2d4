#include "datasets/lag_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace gateway {
namespace {

// By default 75 s, and over 120 to 300 s.
std::int64_t window_s(const LagRule& rule) { return 4 * rule.after_s; }
double shortest_window_s(const LagRule& rule) { return 1.6 * static_cast<double>(rule.after_s); }
std::int64_t checkpoint_every_s(const LagRule& rule) { return rule.after_s * 4 / 5; }

bool counters_fell(const QueueCounters& before, const QueueCounters& now) {
  return now.published < before.published || now.consumed < before.consumed || now.delivered < before.delivered ||
         now.redelivered < before.redelivered;
}

// Another broker, or the same one restarted: what was counted before says nothing any more.
bool starts_over(const LagMemory& memory, const Checkpoint& now) {
  if (!memory.base || !memory.last || memory.window.empty()) return true;
  if (memory.last->counters.has_value() != now.counters.has_value()) return true;
  return now.counters && counters_fell(*memory.last->counters, *now.counters);
}

void rebase(LagMemory& memory, const Checkpoint& now, double consumed_in_10_s) {
  // Unchanged values stay where they are: the memory of an idle queue is not written again with every poll.
  if (!memory.base->same_as(now) || memory.first) memory.base = now;
  memory.consumed_before_base = std::max(1.0, std::ceil(consumed_in_10_s));
  memory.first.reset();
  memory.seen.reset();
  memory.unread = false;
}

void note_arrival(LagMemory& memory, const Checkpoint& now, std::int64_t previous_poll) {
  if (!memory.first) memory.first = previous_poll;
  if (!memory.seen) memory.seen = now.at;
}

// "Unread" stays until something is consumed, so that a queue slower than the window does not flap.
void judge_unread(LagMemory& memory, const Checkpoint& now, const LagRule& rule, std::int64_t previous_poll) {
  if (!now.counters) {  // only lengths are known: a fall is taken for consumption
    if (now.messages == 0 || now.messages < memory.last->messages) return rebase(memory, now, 1);
    if (now.messages == memory.base->messages) return;
    note_arrival(memory, now, previous_poll);
    memory.unread |= now.at - *memory.first >= rule.after_s;
    return;
  }
  const auto since = since_base(memory, now, previous_poll);
  const auto few = since.blur + memory.consumed_before_base;
  const bool rejected = static_cast<double>(std::min(since.removed, since.settled)) > std::max(since.blur, 0.5);
  const bool emptied = now.messages == 0 && static_cast<double>(since.lost) <= few;
  if (since.acknowledged > 0 || rejected || emptied) {
    return rebase(memory, now, static_cast<double>(since.consumed) * 10 / since.seconds);
  }
  if (since.arrived <= 0) return;
  note_arrival(memory, now, previous_poll);
  const bool waiting = now.messages > 0 || static_cast<double>(since.lost) > few;
  memory.unread |= waiting && now.at - *memory.first >= rule.after_s;
}

void judge_slow(LagMemory& memory, const Checkpoint& now, const LagRule& rule) {
  if (now.messages == 0) memory.slow = false;
  const auto over = recent(memory, now, rule);
  if (!now.counters || !over || over->seconds < shortest_window_s(rule)) return;
  const double enough = (memory.slow ? 2 : 1) * rule.ratio * static_cast<double>(over->arrived);
  memory.slow = now.messages > 0 && over->growth > 0 && static_cast<double>(over->consumed) < enough;
}

void move_window(LagMemory& memory, const Checkpoint& now, const LagRule& rule, std::int64_t previous_poll) {
  if (memory.last->same_as(now)) return;
  auto& newest = memory.window.back();
  if (newest.same_as(*memory.last)) {
    newest.until = std::max(newest.until, previous_poll);
  } else if (previous_poll - newest.until >= checkpoint_every_s(rule)) {
    memory.window.push_back(*memory.last);
    memory.window.back().at = memory.window.back().until = previous_poll;
  }
  const auto is_old = [&](const Checkpoint& c) { return c.until < now.at - window_s(rule) - checkpoint_every_s(rule); };
  while (memory.window.size() > 1 && is_old(memory.window.front())) memory.window.erase(memory.window.begin());
}

}  // namespace

Interval::Interval(const Checkpoint& from, const Checkpoint& to, std::int64_t from_at)
    : seconds(std::max(1.0, static_cast<double>(to.at - from_at))), growth(to.messages - from.messages) {
  if (!from.counters || !to.counters) return;
  const auto& a = *from.counters;
  const auto& b = *to.counters;
  acknowledged = b.consumed - a.consumed;
  arrived = std::max({b.published - a.published, growth + acknowledged, std::int64_t{0}});
  removed = arrived - growth;
  const auto delivered = (b.delivered - b.redelivered) - (a.delivered - a.redelivered);
  settled = std::max(std::int64_t{0}, delivered - std::max(std::int64_t{0}, to.unacknowledged - from.unacknowledged));
  consumed = std::max(acknowledged, std::min(removed, settled));
  lost = removed - consumed;
  blur = static_cast<double>(arrived) * 10 / seconds;
}

Interval since_base(const LagMemory& memory, const Checkpoint& now, std::int64_t previous_poll) {
  // While nothing changed, the base was true until the previous poll.
  const bool stood = memory.last && memory.last->same_as(*memory.base);
  Interval since(*memory.base, now, stood ? std::max(memory.base->at, previous_poll) : memory.base->at);
  // A rate that has just risen blurs more than the mean since the base: all that arrived lately may be missing in the length.
  if (memory.last) {
    const Interval lately(*memory.last, now, previous_poll);
    since.blur = std::max({since.blur, lately.blur, static_cast<double>(lately.arrived)});
  }
  return since;
}

std::optional<Interval> recent(const LagMemory& memory, const Checkpoint& now, const LagRule& rule) {
  const auto from = now.at - window_s(rule);
  for (const auto& checkpoint : memory.window) {
    const bool stands = &checkpoint == &memory.window.back() && memory.last && checkpoint.same_as(*memory.last);
    if (!stands && checkpoint.until < from) continue;
    return Interval(checkpoint, now, std::max(checkpoint.at, from));
  }
  if (memory.last) return Interval(*memory.last, now, std::max(memory.last->at, from));
  return std::nullopt;
}

LagMemory remembered(LagMemory memory, const Checkpoint& now, const LagRule& rule, std::int64_t previous_poll) {
  if (starts_over(memory, now)) {
    // The verdict stays until the rule has something to decide by.
    memory.base = memory.last = now;
    memory.window = {now};
    memory.first.reset();
    memory.seen.reset();
    memory.consumed_before_base = 1;
    return memory;
  }
  judge_unread(memory, now, rule, previous_poll);
  move_window(memory, now, rule, previous_poll);
  judge_slow(memory, now, rule);
  if (!memory.last->same_as(now)) memory.last = now;
  return memory;
}

// --- As text ---------------------------------------------------------------------------------------------------------

namespace {

// Of an idle queue all checkpoints are the same: one that equals the one before is a sign.
constexpr char same_again = '=';

bool equal(const Checkpoint& a, const Checkpoint& b) { return a.at == b.at && a.until == b.until && a.same_as(b); }

std::string text_of(const Checkpoint& c, const Checkpoint* before) {
  if (before != nullptr && equal(c, *before)) return {' ', same_again};
  const auto n = c.counters.value_or(QueueCounters{});
  return fmt::format(" {} {} {} {} {} {} {} {} {}", c.at, c.until, c.messages, c.unacknowledged, c.counters ? 1 : 0, n.published,
                     n.consumed, n.delivered, n.redelivered);
}

bool read(std::istream& in, Checkpoint& c, const Checkpoint* before) {
  if (before != nullptr && (in >> std::ws).peek() == same_again) {
    in.get();
    c = *before;
    return true;
  }
  int counted = 0;
  QueueCounters n;
  if (!(in >> c.at >> c.until >> c.messages >> c.unacknowledged >> counted >> n.published >> n.consumed >> n.delivered >> n.redelivered))
    return false;
  for (const auto figure : {c.at, c.until, c.messages, c.unacknowledged, n.published, n.consumed, n.delivered, n.redelivered}) {
    if (figure < 0 || figure > 3 * most_counted) return false;  // more than a sum of three counters: not written by us
  }
  if (counted == 1) c.counters = n;
  return true;
}

constexpr std::int64_t absent = -1;
constexpr std::size_t most_checkpoints = 16;

}  // namespace

std::string LagMemory::encoded() const {
  if (!base || !last) return {};
  auto text = fmt::format("1 {} {} {} {} {} {}", consumed_before_base, first.value_or(absent), seen.value_or(absent), unread ? 1 : 0,
                          slow ? 1 : 0, window.size());
  text += text_of(*base, nullptr) + text_of(*last, &*base);
  const auto* before = &*last;
  for (const auto& checkpoint : window) {
    text += text_of(checkpoint, before);
    before = &checkpoint;
  }
  return text;
}

LagMemory LagMemory::decoded(std::string_view text) {
  std::istringstream in{std::string(text)};
  LagMemory memory;
  int version = 0;
  std::int64_t first = absent, seen = absent;
  std::size_t checkpoints = 0;
  Checkpoint base, last;
  if (!(in >> version >> memory.consumed_before_base >> first >> seen >> memory.unread >> memory.slow >> checkpoints) || version != 1 ||
      checkpoints == 0 || checkpoints > most_checkpoints || !read(in, base, nullptr) || !read(in, last, &base)) {
    return {};
  }
  for (auto before = last; checkpoints > 0; --checkpoints) {
    Checkpoint checkpoint;
    if (!read(in, checkpoint, &before)) return {};
    memory.window.push_back(checkpoint);
    before = checkpoint;
  }
  if (first != absent) memory.first = first;
  if (seen != absent) memory.seen = seen;
  memory.base = base;
  memory.last = last;
  return memory;
}

}  // namespace gateway
