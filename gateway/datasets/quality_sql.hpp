// The statements of postgres.quality: sums of a run of rows, by hour and strategy, whatever their number.
#pragma once

#include <string>
#include <vector>

#include "base/source.hpp"
#include "datasets/time_order.hpp"

namespace gateway {

// One of the two tables summed. Both give the same columns, so that one mapping serves.
struct QualityTable {
  std::string kind;  // orders, executions
  std::string table, time;
  std::vector<std::string> needs;
};
const std::vector<QualityTable>& quality_tables();

class QualitySql {
 public:
  QualitySql(const QualityTable& table, const Catalogue& catalogue);

  const TimeOrder& order() const { return order_; }

  // The sums of the next rows after a place, or before one, at most `rows`. Each answer ends with columns that tell where the
  // run of rows ended and whether there may be more; a row of NULLs where there is nothing to sum up. Hours before
  // `settled_before` are summed up as hour 0.
  SqlRequest after(const Place& place, std::int64_t rows) const;
  SqlRequest before(const Place& place, std::int64_t rows, std::int64_t settled_before) const;
  // The sums of whole hours.
  SqlRequest of_hours(const std::vector<std::int64_t>& hours) const;

 private:
  SqlRequest run(std::string name, const std::string& keys, const char* end, const std::string& hour, Parameters& parameters) const;
  static std::string hour_of(const std::string& time);
  std::string sums(const std::string& hour, const std::string& from) const;

  const QualityTable& table_;
  TimeOrder order_;
  std::string columns_;  // what is needed of a row, under names that both tables share
};

}  // namespace gateway
