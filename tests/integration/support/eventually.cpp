#include "eventually.hpp"

#include <fmt/format.h>

#include <thread>

namespace integration {
namespace {

constexpr auto bound = std::chrono::seconds{30};
constexpr auto pause = std::chrono::milliseconds{20};

}  // namespace

::testing::AssertionResult eventually(const Look& look, const std::function<bool(const std::string&)>& fits, const std::string& wanted) {
  std::string seen;
  const auto give_up = std::chrono::steady_clock::now() + bound;
  do {
    try {
      seen = look();
      if (fits(seen)) return ::testing::AssertionSuccess();
    } catch (const std::exception& e) {
      seen = fmt::format("failed: {}", e.what());
    }
    std::this_thread::sleep_for(pause);
  } while (std::chrono::steady_clock::now() < give_up);
  return ::testing::AssertionFailure() << "after " << bound.count() << " s\n  wanted: " << wanted << "\n  last seen: " << seen;
}

::testing::AssertionResult eventually(const Look& look, const std::string& wanted) {
  return eventually(look, [&](const std::string& seen) { return seen == wanted; }, wanted);
}

::testing::AssertionResult eventually_contains(const Look& look, const std::string& part) {
  return eventually(look, [&](const std::string& seen) { return seen.find(part) != std::string::npos; }, "something with " + part);
}

::testing::AssertionResult eventually(const std::function<bool()>& holds) {
  return eventually([&] { return std::string(holds() ? "true" : "false"); }, "true");
}

}  // namespace integration
