// grafana-caches DIRECTORY [NAME...]: leaves caches for looking at dashboards by hand; all of them, or those named.
// What is fresh in them stays so for an hour and a half: what is meant to be stale has been so for two.
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>

#include "caches/caches.hpp"

namespace {

int run(const std::vector<std::string>& words) {
  if (words.empty()) {
    std::cerr << "usage: grafana-caches DIRECTORY [NAME...]\nnames:";
    for (const auto& name : grafana::cache_names()) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  const std::filesystem::path directory = words.front();
  std::filesystem::create_directories(directory);
  auto names = std::vector(words.begin() + 1, words.end());
  if (names.empty()) names = grafana::cache_names();
  constexpr std::int64_t stays_fresh_s = 5400;
  for (const auto& name : names) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    grafana::make_cache(name, directory / (name + ".db"), now, stays_fresh_s);
    std::cout << (directory / (name + ".db")).string() << '\n';
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "grafana-caches: " << e.what() << '\n';
    return 1;
  }
}
