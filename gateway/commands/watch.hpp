// Repeats a command's output until it is interrupted.
#pragma once

#include <functional>
#include <iosfwd>

#include "base/deadline.hpp"

namespace gateway {

// Writes what `show` writes, every `interval`: over the last one on a terminal, one after the other elsewhere. Ends when `out` does not
// take it any more; returns what `show` returned last.
int watch(const std::function<int(std::ostream&)>& show, Milliseconds interval, bool terminal, std::ostream& out);

}  // namespace gateway
