// grafana-bench [CACHE...]: how long SQLite works for all queries of each dashboard together, opened as the plugin opens
// them, in ms of processor time, so that a busy machine tells the same as an idle one: the median and the worst of several
// rounds. The first round, which reads the file from disk, is not counted.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <iostream>
#include <vector>

#include "caches/caches.hpp"
#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

constexpr int rounds = 7;

double aim_ms(const std::string& cache) { return cache == "ten_thousand_queues" ? 250 : 50; }

double worked_ms() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

struct Times {
  std::vector<double> all;
  std::map<std::int64_t, double> of_panel;  // of the last round
};

Times measure(const Dashboard& dashboard, const Cache& cache) {
  const auto range = range_of(dashboard, cache.now);
  const auto choice = as_opened(dashboard, cache.file, range);
  Times times;
  for (int round = 0; round <= rounds; ++round) {
    const auto begin = worked_ms();
    for (const auto& variable : dashboard.variables) {
      if (variable.type == "query") options_frame(variable, cache.file, choice, range);
    }
    for (const auto& annotation : dashboard.annotations) {
      if (!annotation.built_in())
        ask(cache.file, interpolated(annotation.target().sql, choice, range), annotation.target().time_columns, range);
    }
    for (const auto& panel : dashboard.panels) {
      const auto panel_begin = worked_ms();
      for (const auto& target : panel.targets()) ask(cache.file, interpolated(target.sql, choice, range), target.time_columns, range);
      times.of_panel[panel.id] = worked_ms() - panel_begin;
    }
    if (round > 0) times.all.push_back(worked_ms() - begin);
  }
  std::ranges::sort(times.all);
  return times;
}

void report(const Cache& cache) {
  const auto aim = aim_ms(cache.name);
  std::cout << fmt::format("{} ({:.1f} MB), aim {} ms\n", cache.name, static_cast<double>(std::filesystem::file_size(cache.file)) / 1e6,
                           aim)
            << std::flush;
  for (const auto& dashboard : dashboards()) {
    const auto times = measure(dashboard, cache);
    const auto slowest = std::ranges::max_element(times.of_panel, {}, [](const auto& one) { return one.second; });
    const auto median = times.all[times.all.size() / 2];
    std::cout << fmt::format("  {:<14} median {:7.1f}  worst {:7.1f}  slowest panel {} with {:.1f}{}\n", dashboard.uid, median,
                             times.all.back(), slowest->first, slowest->second, median > aim ? "  OVER" : "")
              << std::flush;
  }
}

}  // namespace
}  // namespace grafana

int main(int argc, char** argv) {
  try {
    std::vector<std::string> names{argv + 1, argv + argc};
    if (names.empty()) names = {"demo", "ten_thousand_queues"};
    for (const auto& name : names) grafana::report(grafana::cache(name));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "grafana-bench: " << e.what() << '\n';
    return 1;
  }
}
