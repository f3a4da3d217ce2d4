// pages FILE VIEWERS SECONDS: every dashboard's questions, all of a page one after the other, asked of a published file as Grafana's
// plugin does, each with the file opened anew, by so many viewers at once. Prints JSON: a page's times in ms, p50 and p99.
#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

using Clock = std::chrono::steady_clock;

struct Page {
  Dashboard dashboard;
  TimeRange range;
  Choice choice;
};

std::size_t ask_all(const Page& page, const std::filesystem::path& file) {
  std::size_t questions = 0;
  const auto question = [&](const Target& target) {
    const auto frame = ask(file, interpolated(target.sql, page.choice, page.range), target.time_columns, page.range);
    if (frame.failed) throw std::runtime_error(page.dashboard.uid + ": " + frame.faults.at(0));
    ++questions;
  };
  for (const auto& annotation : page.dashboard.annotations) {
    if (!annotation.built_in()) question(annotation.target());
  }
  for (const auto& panel : page.dashboard.panels) {
    for (const auto& target : panel.targets()) question(target);
  }
  return questions;
}

nlohmann::json measured(std::vector<double> times, std::size_t questions) {
  std::ranges::sort(times);
  const auto at = [&](double share) { return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))]; };
  return {{"loads", times.size()}, {"questions", questions}, {"p50_ms", at(0.5)}, {"p99_ms", at(0.99)}};
}

int run(const std::filesystem::path& file, int viewers, int seconds) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::vector<Page> pages;
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, now);
    pages.push_back({dashboard, range, as_opened(dashboard, file, range)});
  }
  std::mutex mutex;
  std::map<std::string, std::vector<double>> times;
  std::map<std::string, std::size_t> questions;
  std::exception_ptr failed;
  {
    std::vector<std::jthread> threads;
    for (int viewer = 0; viewer < viewers; ++viewer) {
      threads.emplace_back([&, viewer] {
        try {
          const auto until = Clock::now() + std::chrono::seconds{seconds};
          for (auto n = static_cast<std::size_t>(viewer); Clock::now() < until; ++n) {
            const auto& page = pages[n % pages.size()];
            const auto begin = Clock::now();
            const auto asked = ask_all(page, file);
            const std::chrono::duration<double, std::milli> taken = Clock::now() - begin;
            const std::lock_guard lock(mutex);
            times[page.dashboard.uid].push_back(taken.count());
            questions[page.dashboard.uid] = asked;
          }
        } catch (...) {
          const std::lock_guard lock(mutex);
          failed = std::current_exception();
        }
      });
    }
  }
  if (failed) std::rethrow_exception(failed);
  nlohmann::json report;
  for (const auto& [uid, all] : times) report[uid] = measured(all, questions[uid]);
  std::cout << report.dump() << '\n';
  return 0;
}

}  // namespace
}  // namespace grafana

int main(int argc, char** argv) {
  try {
    if (argc != 4) throw std::runtime_error("usage: pages FILE VIEWERS SECONDS");
    return grafana::run(argv[1], std::atoi(argv[2]), std::atoi(argv[3]));
  } catch (const std::exception& e) {
    std::cerr << "pages: " << e.what() << '\n';
    return 1;
  }
}
