#include "caches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>

#include "largest_cache.hpp"
#include "polling.hpp"
#include "unit/support.hpp"

namespace grafana {
namespace {

using gateway::Error;
using gateway::ErrorClass;

constexpr const char* without = "without_";

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

const Error refused{ErrorClass::refused, "connect: connection refused; is it running?"};
const Error silent{ErrorClass::timeout, "no answer within 5 s"};
const Error missing_table{ErrorClass::missing, "there is no such table; apply the trading system's migrations"};
const Error missing_endpoint{ErrorClass::missing, "GET /health: HTTP 404; there is no such endpoint"};

std::string upstream_of(const std::string& source) { return source.substr(0, source.find('.')); }

// A day on which something happened: the broker was gone for a while, the database did not answer, one dataset failed.
Fault a_day(std::int64_t now) {
  return [now](const std::string& source, std::int64_t at) -> std::optional<Error> {
    const auto before = now - at;
    if (upstream_of(source) == "rabbitmq" && before > 6000 && before <= 8400) return refused;
    if (upstream_of(source) == "postgres" && before > 12000 && before <= 15000) return silent;
    if (source == "model-service.health" && before > 10800 && before <= 12600) return refused;
    return std::nullopt;
  };
}

Fault from_then_on(std::int64_t since, const Error& error) {
  return [since, error](const std::string&, std::int64_t at) { return at >= since ? std::optional(error) : std::nullopt; };
}

// Rows an older trading system does not have, and services without the endpoint.
Fault old_system() {
  return [](const std::string& source, std::int64_t) -> std::optional<Error> {
    if (source == "postgres.models" || source == "postgres.dataset_builds" || source == "postgres.quality" ||
        source == "postgres.subscriptions")
      return missing_table;
    if (source == "position-manager.health" || source == "model-service.health") return missing_endpoint;
    return std::nullopt;
  };
}

Polling lived_a_day(std::int64_t now, Fault fault, const std::map<std::string, std::string>& variables) {
  Polling polling(World::ending_at(now), std::move(fault), variables);
  polling.start(now - 86400);
  polling.poll_from(now - 86400, now - 7200, 1200);
  polling.poll_from(now - 7100, now - 100, 100);
  polling.poll(now - 5);
  return polling;
}

Polling lived_an_hour(World world, std::int64_t now, Fault fault, const std::map<std::string, std::string>& variables) {
  Polling polling(std::move(world), std::move(fault), variables);
  polling.start(now - 3600);
  polling.poll_from(now - 3600, now - 600, 600);
  polling.poll(now - 5);
  return polling;
}

void make(const std::string& name, const std::filesystem::path& file, std::int64_t now, std::map<std::string, std::string> variables) {
  const auto world = World::ending_at(now);
  if (name == "schema_only") {
    Polling(world, no_fault(), variables).publish(file, now);
  } else if (name == "never_fetched") {
    Polling polling(world, no_fault(), variables);
    polling.start(now - 5);
    polling.publish(file, now);
  } else if (name == "demo") {
    lived_a_day(now, a_day(now), variables).publish(file, now);
  } else if (name.starts_with(without)) {
    const auto absent = name.substr(std::string(without).size());
    const auto fault = [absent](const std::string& source, std::int64_t) {
      return source == absent ? std::optional(silent) : std::nullopt;
    };
    lived_an_hour(world, now, fault, variables).publish(file, now);
  } else if (name == "all_stale" || name == "all_refused") {
    const auto since = now - 7200;
    auto polling = lived_an_hour(World::ending_at(since), since, from_then_on(since, name == "all_stale" ? silent : refused), variables);
    polling.poll_from(since, now, 600);
    polling.publish(file, now);
  } else if (name == "gateway_dead") {
    const auto died_at = now - 86400;
    lived_an_hour(World::ending_at(died_at), died_at, no_fault(), variables).publish(file, died_at);
  } else if (name == "planned_outage") {
    auto polling = lived_an_hour(world, now, no_fault(), variables);
    polling.store().set_maintenance("the broker's disk is replaced", now + 86400);
    polling.publish(file, now);
  } else if (name == "no_datasets") {
    variables["DATASETS_DIR"] = "/nonexistent";
    lived_an_hour(world, now, no_fault(), variables).publish(file, now);
  } else if (name == "old_deployment") {
    variables.insert({{"WS_GATEWAY_URL", ""}, {"MODEL_SERVICE_API_KEY", ""}});
    lived_an_hour(world, now, old_system(), variables).publish(file, now);
  } else if (name == "hostile") {
    auto hostile = world;
    hostile.names = hostile_names();
    const auto fault = [world](const std::string& source, std::int64_t at) -> std::optional<Error> {
      if (source == "postgres.quality" && at % 600 < 300)
        return Error{ErrorClass::sql, world.names.errors.front() + " \"'; DROP TABLE x; -- $__to ${y} <i>"};
      return std::nullopt;
    };
    lived_an_hour(std::move(hostile), now, fault, variables).publish(file, now);
  } else if (name == "ten_thousand_queues") {
    auto crowded = world;
    crowded.queues = 10'000;
    variables.insert({"RABBITMQ_QUEUES_MAX", "10000"});
    crowded.model_every_s = 3600;
    crowded.subscriptions = 300;
    crowded.cancelled_subscriptions = 500;
    Polling polling(std::move(crowded), no_fault(), variables);
    polling.start(now - 14 * 86400);
    fill_to_the_bounds(polling, now);
    polling.publish(file, now);
  } else {
    throw std::logic_error("no cache is called " + name);
  }
}

}  // namespace

std::vector<std::string> source_names() {
  const Polling polling(World::ending_at(0), no_fault(), {});
  std::vector<std::string> names;
  for (const auto& source : polling.sources()) names.push_back(source.name);
  return names;
}

std::vector<std::string> cache_names() {
  std::vector<std::string> names{"schema_only", "never_fetched", "demo"};
  for (const auto& source : source_names()) names.push_back(without + source);
  names.insert(names.end(), {"all_stale", "all_refused", "gateway_dead", "planned_outage", "no_datasets", "old_deployment", "hostile",
                             "ten_thousand_queues"});
  return names;
}

bool knows_nothing_now(const std::string& cache_name) {
  return cache_name == "schema_only" || cache_name == "never_fetched" || cache_name == "all_stale" || cache_name == "gateway_dead";
}

void make_cache(const std::string& name, const std::filesystem::path& file, std::int64_t now, std::int64_t stays_fresh_s) {
  make(name, file, now, {{"STALE_AFTER", fmt::format("{}s", stays_fresh_s)}});
}

const Cache& cache(const std::string& name) {
  static const gateway::TemporaryDirectory directory;
  static std::map<std::string, Cache> made;
  auto found = made.find(name);
  if (found == made.end()) {
    const auto now = unix_now();
    Cache one{.name = name, .file = directory / (name + ".db"), .now = now};
    make_cache(name, one.file, now);
    found = made.emplace(name, std::move(one)).first;
  }
  return found->second;
}

}  // namespace grafana
