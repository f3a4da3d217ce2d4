#include "verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lag_broker {

void Verdicts::note(const std::string& queue, int at, const std::string& word) {
  auto& changes = of_[queue];
  if (changes.empty() || changes.back().word != word) changes.push_back({at, word});
}

// Before its figures are there, a queue is unknown.
std::vector<Verdict> Verdicts::known(const std::string& queue) const {
  const auto found = of_.find(queue);
  if (found == of_.end()) return {};
  auto changes = found->second;
  if (changes.front().word == "unknown" && changes.size() > 1) changes.erase(changes.begin());
  return changes;
}

std::string Verdicts::text(const std::string& queue) const {
  std::string text;
  for (const auto& [at, word] : known(queue)) {
    if (!text.empty()) text += fmt::format(", {} at {}", word, at);
    else text = word == "lagging" ? fmt::format("lagging at {}", at) : word;
  }
  return text;
}

std::string Verdicts::wrong(const Situation& situation, int until) const {
  const auto changes = known(situation.queue);
  if (changes.empty()) return "never seen";
  if (situation.lags_from == never) {
    const auto other = std::ranges::find_if(changes, [&](const auto& each) { return each.word != situation.always; });
    return other == changes.end() ? "" : fmt::format("{} at {}, is to be {}", other->word, other->at, situation.always);
  }
  const auto latest = situation.lags_from + situation.noticed_within + polled_every_;
  const auto first = std::ranges::find(changes, "lagging", &Verdict::word);
  if (first == changes.end()) return latest < until ? "never lagging" : "";
  if (first->at < situation.lags_from) return fmt::format("lagging at {}, before {}", first->at, situation.lags_from);
  if (first->at > latest) return fmt::format("lagging at {}, after {}", first->at, latest);
  const auto after = std::next(first);
  if (situation.well_from == never) return after == changes.end() ? "" : fmt::format("{} again at {}", after->word, after->at);
  // Counters and lengths are up to ten seconds old, twice.
  if (after == changes.end()) return "lagging still";
  if (after->at < situation.well_from || after->at > situation.well_from + 20 + polled_every_ || after->word != "ok")
    return fmt::format("{} at {}, is to be ok soon after {}", after->word, after->at, situation.well_from);
  return std::next(after) == changes.end() ? "" : "changes again";
}

}  // namespace lag_broker
