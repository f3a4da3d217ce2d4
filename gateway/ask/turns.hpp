// Who is asked first when several datasets share one connection and one deadline, so that a slow one delays itself only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/deadline.hpp"

namespace gateway {

// Those that had no turn the last time come first, then those that answered, in the order given; those that took long come
// last, and among them the one that had the largest share before the others: they take turns at the end, where
// all the time that is left is theirs. For one thread.
class Turns {
 public:
  enum class End { none, answered, slow };

  // Positions in `names`, in the order in which to ask. `alone`: those that took long are asked one an attempt, so that the one that was
  // asked longest ago comes first.
  std::vector<std::size_t> order(std::span<const std::string> names, bool alone = false) const {
    std::vector<std::size_t> positions(names.size());
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = i;
    const auto last = [&](std::size_t position) {
      const auto found = last_.find(names[position]);
      return found == last_.end() ? Turn{} : found->second;
    };
    std::ranges::stable_sort(positions, [&](std::size_t a, std::size_t b) {
      const auto left = last(a), right = last(b);
      if (left.end != right.end) return left.end < right.end;
      return left.end == End::slow && (alone ? left.noted < right.noted : left.share > right.share);
    });
    return positions;
  }

  // Whether its last turn took long.
  bool slow(const std::string& name) const {
    const auto found = last_.find(name);
    return found != last_.end() && found->second.end == End::slow;
  }

  // It comes first in the next attempt, unless it takes long.
  void note_left_out(const std::string& name) {
    if (!slow(name)) note(name, End::none, Milliseconds{0});
  }

  // How a turn ended, and how much time it was given.
  void note(const std::string& name, End end, Milliseconds share) { last_[name] = {end, share, ++notes_}; }

 private:
  struct Turn {
    End end = End::answered;
    Milliseconds share{0};
    std::uint64_t noted = 0;
  };
  std::map<std::string, Turn> last_;
  std::uint64_t notes_ = 0;
};

}  // namespace gateway
