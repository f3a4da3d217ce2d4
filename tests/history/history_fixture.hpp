// What a named case begins with: an empty world in which everybody answers, and one gateway that has looked at it once.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "observer.hpp"
#include "trading.hpp"
#include "unit/support.hpp"

namespace history {

class HistoryFixture : public ::testing::Test {
 protected:
  explicit HistoryFixture(Retention retention = {}) : gateway(world, directory / "cache.db", retention) {
    constexpr double somewhen = 1'764'583'200;
    world.now = somewhen;
    for (const auto& upstream : upstream_names()) world.services[upstream].set(world.now, "healthy");
    world.private_connection.set(world.now, "connected");
    gateway.start();
    gateway.poll_all();
    gateway.publish();
  }

  void later(double seconds) { world.now = microseconds(world.now + seconds); }
  void kill_and_start() {
    gateway.kill();
    gateway.start();
  }

  std::vector<Event> events(const std::string& type = {}) const {
    auto all = events_of(gateway.store());
    if (!type.empty()) std::erase_if(all, [&](const auto& e) { return e.type != type; });
    return all;
  }
  // The event of an entity; throws where there is none.
  Event event(const std::string& id) const {
    for (auto& e : events_of(gateway.store())) {
      if (e.id == id) return e;
    }
    throw std::out_of_range("there is no event " + id);
  }
  bool has(const std::string& id) const {
    return std::ranges::any_of(events_of(gateway.store()), [&](const auto& e) { return e.id == id; });
  }
  // How many of each type.
  std::map<std::string, std::size_t> counts() const {
    std::map<std::string, std::size_t> found;
    for (const auto& e : events_of(gateway.store())) ++found[e.type];
    return found;
  }
  // How often the gateway asked an upstream.
  std::size_t attempts(const std::string& upstream) const {
    return static_cast<std::size_t>(std::ranges::count(gateway.log().attempts, upstream, &Attempt::upstream));
  }

  World world;
  Random random{7};
  gateway::TemporaryDirectory directory;
  Observer gateway;
};

}  // namespace history
