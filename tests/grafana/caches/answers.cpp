#include "answers.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "dataset_answers.hpp"
#include "unit/golden.hpp"

namespace grafana {
namespace {

using gateway::Answer;
using gateway::HttpAnswer;
using gateway::number;
using gateway::PriorState;
using gateway::Table;
using gateway::Value;

constexpr std::int64_t of_each = 200, executions_at_least = 200, walked_orders = 3000;
constexpr double look_back_s = 120;

HttpAnswer ok(std::string body) { return {.status = 200, .body = std::move(body), .latency_ms = 3.5}; }

// The newest row of a table and the database's clock.
Table head(std::optional<double> newest, std::int64_t now) {
  return {.columns = {"newest", "now", "furthest", "ahead"},
          .rows = {{gateway::maybe(newest), static_cast<double>(now), Value{}, std::int64_t{0}}}};
}

std::string name_of(const gateway::Request& request) { return std::get<gateway::SqlRequest>(request).name; }

// Rows as a reading that goes on gets them.
Table onward(Table rows, const char* id) {
  const auto time = rows.column("time"), key = rows.column(id);
  for (auto& row : rows.rows) row.insert(row.end(), {std::int64_t{0}, row.at(time), row.at(key)});
  rows.columns.insert(rows.columns.end(), {"looked_back", "place_time", "place_id"});
  return rows;
}

std::optional<double> newest_signal(const World& world, std::int64_t now) {
  const auto newest = newest_signals(world, now, 1);
  return newest.empty() ? std::nullopt : std::optional(signal_time(world, newest.front()));
}

Table newest_of_each(const World& world, std::int64_t now) {
  return signal_rows(world, newest_signals(world, now, of_each * static_cast<std::int64_t>(world.names.strategies.size())));
}

// Read on from a little before the place.
std::int64_t place_of(const PriorState& prior) {
  return static_cast<std::int64_t>(number(prior.tables.at(0).at(0, "at")).value_or(0) - look_back_s);
}

Table signals(const gateway::Request& request, const PriorState& prior, const World& world) {
  const auto name = name_of(request);
  if (name == "head") return head(newest_signal(world, prior.now), prior.now);
  if (name == "onward") return onward(signal_rows(world, signals_since(world, place_of(prior), prior.now)), "signal_id");
  if (name == "held") return newest_of_each(world, prior.now);
  auto newest = newest_of_each(world, prior.now);
  newest.columns.emplace_back("strategies");
  for (auto& row : newest.rows) row.emplace_back(static_cast<std::int64_t>(world.names.strategies.size()));
  return newest;
}

// The rows of a step back through the table, which ends with it.
Table walk(const World& world, std::int64_t now) {
  auto table = order_rows(world, newest_signals(world, now, walked_orders), now);
  table.columns.insert(table.columns.end(), {"step_end", "step_end_id", "further"});
  for (auto& row : table.rows) row.insert(row.end(), {0.0, std::string("end"), std::int64_t{0}});
  return table;
}

Table orders(const gateway::Request& request, const PriorState& prior, const World& world) {
  const auto name = name_of(request);
  if (name == "head") {
    const auto made = order_rows(world, newest_signals(world, prior.now, 20), prior.now);
    return head(made.empty() ? std::nullopt : number(made.at(0, "time")), prior.now);
  }
  if (name == "pass") return walk(world, prior.now);
  if (name == "onward") return onward(order_rows(world, signals_since(world, place_of(prior), prior.now), prior.now), "id");
  std::vector<std::int64_t> held;
  for (const std::size_t keys : {2U, 4U}) {
    for (const auto& row : prior.tables.at(keys).rows) held.push_back(number_of(gateway::text(row.at(0)).value_or("")));
  }
  std::ranges::sort(held);
  held.erase(std::unique(held.begin(), held.end()), held.end());
  return order_rows(world, held, prior.now);
}

std::vector<Answer> executions(const PriorState& prior, const World& world) {
  auto numbers = newest_signals(world, prior.now, 2 * executions_at_least);
  for (const auto& row : prior.tables.at(0).rows) numbers.push_back(number_of(gateway::text(row.at(0)).value_or("")));
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return {execution_rows(world, numbers, prior.now)};
}

// One step is all there is to read.
Table quality_step(Table sums) {
  sums.columns.insert(sums.columns.end(), {"step_end", "step_end_id", "step_end_hour", "step_rows"});
  for (auto& row : sums.rows) row.insert(row.end(), {Value{}, Value{}, Value{}, std::int64_t{0}});
  return sums;
}

Table quality(const gateway::Request& request, const PriorState& prior, const World& world) {
  const auto name = name_of(request);
  const auto kind = name.substr(0, name.find('.')), what = name.substr(name.find('.') + 1);
  if (what == "head") return head(newest_signal(world, prior.now), prior.now);
  const auto next_hour = prior.now / 3600 * 3600 + 3600;
  const auto from_hour = gateway::integer(prior.tables.at(0).at(0, kind + ".from_hour")).value_or(next_hour - 2 * 3600);
  if (what == "after") return quality_step(quality_rows(world, kind, from_hour, next_hour, prior.now));
  if (what == "pass") return quality_step(quality_rows(world, kind, world.born_at / 3600 * 3600, from_hour, prior.now));
  // Orders stay open for two hours at most.
  return quality_rows(world, kind, from_hour - 4 * 3600, from_hour, prior.now);
}

Table subscriptions(const gateway::Request& request, const PriorState& prior, const World& world) {
  const auto name = name_of(request);
  if (name == "lists") return subscription_rows(world, prior.now);
  if (name == "onward") {  // nothing changed since
    auto changed = subscription_rows(world, prior.now);
    changed.rows.clear();
    changed.columns.insert(changed.columns.end(), {"looked_back", "place_time", "place_id"});
    return changed;
  }
  const auto quiet = world.disconnected.holds(prior.now) ? 200.0 : 0.5;
  const auto now = static_cast<double>(prior.now);
  const auto topics = static_cast<std::int64_t>(world.subscriptions);
  return {.columns = {"topics", "quiet_s", "newest", "now", "ahead", "active"},
          .rows = {{topics, quiet, now - quiet, now, std::int64_t{0}, topics}}};
}

// Of the datasets that read on: one answer to one question.
using ToEach = Table (*)(const gateway::Request&, const PriorState&, const World&);

const std::map<std::string, ToEach>& to_each_question() {
  static const std::map<std::string, ToEach> all{
      {"postgres.signals", signals}, {"postgres.orders", orders}, {"postgres.quality", quality}, {"postgres.subscriptions", subscriptions}};
  return all;
}

using Answering = std::function<std::vector<Answer>(const PriorState&, const World&)>;

const std::map<std::string, Answering>& by_source() {
  static const std::map<std::string, Answering> all{
      {"postgres.executions", executions},
      {"postgres.models", [](const PriorState& prior, const World& world) { return std::vector<Answer>{model_rows(world, prior.now)}; }},
      {"postgres.dataset_builds",
       [](const PriorState& prior, const World& world) { return std::vector<Answer>{dataset_build_rows(world, prior.now)}; }},
      {"rabbitmq.queues",
       [](const PriorState& prior, const World& world) {
         return std::vector<Answer>{ok(overview_document(world)), ok(queues_document(world, prior.now)), ok(overview_document(world))};
       }},
      {"model-service.training",
       [](const PriorState& prior, const World& world) { return std::vector<Answer>{ok(training_document(world, prior.now))}; }},
  };
  return all;
}

}  // namespace

std::vector<Answer> answers(const gateway::Source& source, const PriorState& prior, const World& world) {
  if (const auto found = to_each_question().find(source.name); found != to_each_question().end()) {
    std::vector<Answer> all;
    const auto requests = source.ask(prior).value();
    for (const auto& request : requests) all.emplace_back(found->second(request, prior, world));
    return all;
  }
  if (const auto found = by_source().find(source.name); found != by_source().end()) return found->second(prior, world);
  if (auto answer = dataset_answer(source.name, prior.now, world)) return {std::move(*answer)};
  const bool is_service = source.upstream != "postgres" && source.upstream != "rabbitmq";
  if (is_service && source.name == source.upstream + ".health") return {ok(health_document(world, source.upstream, prior.now))};
  return gateway::GoldenInput(gateway::golden_success(source.name)).answers;  // the world has no part in it
}

}  // namespace grafana
