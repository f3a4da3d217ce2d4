// The statements of postgres.orders.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/source.hpp"
#include "datasets/time_order.hpp"

namespace gateway {

class OrdersSql {
 public:
  explicit OrdersSql(const Catalogue& catalogue);

  const TimeOrder& order() const { return order_; }
  const std::string& columns() const { return columns_; }

  SqlRequest by_key(const std::vector<std::string>& keys) const;

  // What one step back through the table brings: of its rows, those that are wanted.
  struct Step {
    std::optional<Place> before;  // where it goes on; nullopt: at the newest
    std::int64_t rows = 0;        // to look at
    std::int64_t wanted = 0;      // to bring, at most; it ends there
    // Closures that have their share: older rows of them are not wanted.
    std::vector<std::pair<std::string, double>> since;
  };
  // A row of NULLs where none is wanted; each row's last columns tell where the step ended, and whether there is more.
  SqlRequest step(const Step& step) const;

 private:
  const Catalogue& catalogue_;
  TimeOrder order_;
  std::string columns_, closure_;
};

}  // namespace gateway
