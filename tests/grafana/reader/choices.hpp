// The states a dashboard's variables can be in on one cache: as it opens, All, one, several, a value that is not in the
// list, hostile ones. One variable varies at a time, the others stay as the dashboard opens.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dashboard.hpp"
#include "interpolation.hpp"
#include "plugin.hpp"

namespace grafana {

struct NamedChoice {
  std::string name;      // "strategy: several"
  std::string variable;  // which one differs; empty: none
  Choice choice;
};

// What a variable's own query answers, on the other variables as they are in `choice`. Faults are in the frame.
Frame options_frame(const Variable& variable, const std::filesystem::path& cache, const Choice& choice, const TimeRange& range);
// The values to choose from, each once, in order.
std::vector<std::string> options(const Variable& variable, const std::filesystem::path& cache, const Choice& choice,
                                 const TimeRange& range);

Choice as_opened(const Dashboard& dashboard, const std::filesystem::path& cache, const TimeRange& range);
std::vector<NamedChoice> choices(const Dashboard& dashboard, const std::filesystem::path& cache, const TimeRange& range);
// `choice` with one variable set to exactly this value.
Choice with_value(Choice choice, const Variable& variable, const std::string& value);

// Values that somebody could type into an address or a name could hold.
const std::vector<std::string>& hostile_values();

// The dashboard's own time range, or any other given as "now-6h", at this moment.
TimeRange range_of(const Dashboard& dashboard, std::int64_t now);

}  // namespace grafana
