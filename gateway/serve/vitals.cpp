#include "serve/vitals.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace gateway {
namespace {

// The scheduler's own upkeep turns the loop every 10 s, however long the intervals are.
constexpr auto recent_turn = std::chrono::seconds{30};
constexpr std::size_t longest_reason = 300;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Vitals::Vitals(Milliseconds publish_within, Words words) : recent_publish_(3 * publish_within + std::chrono::seconds{2}), words_(words) {}

void Vitals::published(const std::optional<std::string>& error, Clock::time_point at) {
  const std::lock_guard lock(mutex_);
  failing_ = error;
  if (!error) published_at_ = at;
}

Verdict Vitals::alive(Clock::time_point now) const {
  const Clock::time_point turned_at{Clock::duration{turned_at_.load()}};
  if (turned_at == Clock::time_point{}) return {.good = false, .reason = "starting: the loop has not turned yet"};
  const auto age = now - turned_at;
  if (age > recent_turn) return {.good = false, .reason = fmt::format("the loop has not turned for {:.0f} s", seconds(age))};
  return {.good = true, .reason = "alive"};
}

Verdict Vitals::ready(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  if (failing_) return {.good = false, .reason = shortened(one_line(fmt::format("{}: {}", words_.failing, *failing_)), longest_reason)};
  if (!published_at_) return {.good = false, .reason = fmt::format("starting: {}", words_.not_yet)};
  const auto age = now - *published_at_;
  if (age > recent_publish_) return {.good = false, .reason = fmt::format("{} for {:.0f} s", words_.nothing, seconds(age))};
  return {.good = true, .reason = "ready"};
}

}  // namespace gateway
