// Execution events: rows about filled orders, linked by signal_id alone. Production leaves realized_pnl empty; here a
// share of the rows has a number, so that win rate and PnL have something to show, and some have a text in its place.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "database.hpp"
#include "random.hpp"

namespace trading {

struct Execution {
  std::string signal_id;
  std::string strategy_id;
  std::string asset;
  std::string side;
  double price = 0;
  double quantity = 0;
  double fees = 0;
  std::string executed_at;
  double signal_price = 0;
  std::string signal_timestamp;
};

nlohmann::json performance_of(Random& choices, const Execution& execution, double pnl_share);
bool write_execution(Database& database, const Execution& execution, const nlohmann::json& performance);

// Finds filled orders of the last minutes that have no event yet and writes theirs, less the share that production
// loses: negative fees are refused, and a part of the fills goes to a competing consumer.
void write_missing_executions(Database& database, Random& choices, double pnl_share);

}  // namespace trading
