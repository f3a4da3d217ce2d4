// What every attempt writes although nothing happened: when it was made, how long it took, where reading goes on. Nobody waits to see
// that; such changes are gathered, and published at the pace that freshness needs.
#pragma once

#include <string>
#include <vector>

namespace gateway {

struct Unseen {
  bool all = false;  // the whole table
  std::vector<std::string> columns;
  std::string unless;  // SQL on the table and `excluded`: then they are seen
};

// Of any table; of most nothing is unseen.
const Unseen& unseen_of(const std::string& table);

}  // namespace gateway
