// How long the questions of an event panel take on a full history: EVENT_MAX events of every type, published, opened anew
// for each question as a dashboard does. Prints milliseconds; judges nothing.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "cache/cache_file.hpp"
#include "observer.hpp"
#include "trading.hpp"
#include "unit/support.hpp"

namespace history {
namespace {

// Orders, signals, versions, subscriptions, statuses and connections, so many of each.
void fill_world(World& world, Random& random, int most) {
  for (int i = 0; i < most; ++i) {
    world.now += 30;
    const auto signal = decide(world, random, world.now).signal_id;
    fill(place(world, random, signal, world.now), world.now + 1);
    unsubscribe(subscribe(world, random, world.now), world.now + 1);
  }
}

void observe_changes(World& world, Random& random, Observer& gateway, int most) {
  for (int i = 0; i < most; ++i) {
    world.now += 30;
    world.services["order-manager"].set(world.now, i % 2 == 0 ? "degraded" : "healthy");
    world.private_connection.set(world.now, i % 2 == 0 ? "disconnected" : "connected");
    const Training training{
        .started_at = world.now - 10, .ends_at = world.now - 1, .version = fmt::format("v{}", i), .tells_duration = true};
    finish(world, random, training, strategies()[0]);
    for (const auto* upstream : {"ws-gateway", "order-manager"}) gateway.poll(upstream);
    if (i % 100 == 99) gateway.poll("postgres");
  }
}

double median_ms(const std::filesystem::path& file, const std::string& sql, std::size_t& rows) {
  constexpr int times = 21;
  std::vector<double> taken;
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    auto database = gateway::open_published(file);
    rows = gateway::read_table(database, sql).rows.size();
    taken.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(taken);
  return taken[times / 2];
}

void bench(int most) {
  World world;
  Random random(1);
  world.now = 1'764'583'200;
  for (const auto& upstream : upstream_names()) world.services[upstream].set(world.now, "healthy");
  world.private_connection.set(world.now, "connected");
  const gateway::TemporaryDirectory directory;
  Observer gateway(world, directory / "cache.db", {.most = most});
  gateway.start();
  gateway.poll_all();
  fill_world(world, random, most);
  world.now += 10;
  gateway.poll_all();
  observe_changes(world, random, gateway, most);
  const auto tidy_start = std::chrono::steady_clock::now();
  gateway.tidy();
  const double tidy_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - tidy_start).count();
  gateway.publish();
  std::size_t rows = 0;
  median_ms(gateway.file(), "SELECT event_id FROM event_history", rows);
  std::cout << fmt::format("{} events, {:.1f} MB, retention in {:.1f} ms\n", rows,
                           static_cast<double>(std::filesystem::file_size(gateway.file())) / 1e6, tidy_ms);
  const auto ask = [&](const std::string& what, const std::string& where, const char* limit) {
    const double ms = median_ms(gateway.file(), "SELECT * FROM event_history " + where + limit, rows);
    std::cout << fmt::format("  {:44} {:6} rows {:8.2f} ms\n", what, rows, ms);
  };
  ask("newest 200", "", " LIMIT 200");
  auto database = gateway::open_published(gateway.file());
  for (const auto* column : {"event_type", "service"}) {
    for (const auto& row : gateway::read_table(database, fmt::format("SELECT DISTINCT {} FROM event_history", column)).rows) {
      const auto value = gateway::text(row[0]).value_or("");
      const auto where = fmt::format("WHERE {} = '{}'", column, value);
      ask(value + ", newest 200", where, " LIMIT 200");
      ask(value + ", all", where, "");
    }
  }
}

}  // namespace
}  // namespace history

int main(int argc, char** argv) {
  for (const int most : argc > 1 ? std::vector<int>{std::atoi(argv[1])} : std::vector<int>{1000, 10000}) history::bench(most);
}
