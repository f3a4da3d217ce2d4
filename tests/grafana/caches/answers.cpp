#include "answers.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

namespace grafana {
namespace {

using gateway::Answer;
using gateway::HttpAnswer;
using gateway::number;
using gateway::PriorState;
using gateway::Table;
using gateway::Value;

constexpr std::int64_t of_each = 200, executions_at_least = 200, walked_orders = 3000;
constexpr double overlap_s = 120;

HttpAnswer ok(std::string body) { return {.status = 200, .body = std::move(body), .latency_ms = 3.5}; }

// The newest row of a table and the database's clock.
Table head(std::optional<double> newest, std::int64_t now) {
  return {.columns = {"newest", "now"}, .rows = {{gateway::maybe(newest), static_cast<double>(now)}}};
}

std::optional<double> newest_signal(const World& world, std::int64_t now) {
  const auto newest = newest_signals(world, now, 1);
  return newest.empty() ? std::nullopt : std::optional(signal_time(world, newest.front()));
}

std::vector<Answer> signals(const PriorState& prior, const World& world) {
  const auto& cursors = prior.tables.at(0);
  const auto watermark = number(cursors.at(0, "watermark"));
  const auto filled_at = number(cursors.at(0, "filled_at")).value_or(0);
  constexpr double refill_after_s = 600;
  const bool refill = !watermark || static_cast<double>(prior.now) - filled_at > refill_after_s;
  std::vector<Answer> all{head(newest_signal(world, prior.now), prior.now)};
  if (watermark) all.emplace_back(signal_rows(world, signals_since(world, static_cast<std::int64_t>(*watermark - overlap_s), prior.now)));
  const auto strategies = static_cast<std::int64_t>(world.names.strategies.size());
  if (refill) all.emplace_back(signal_rows(world, newest_signals(world, prior.now, of_each * strategies)));
  return all;
}

// The rows of a step back through the table, which ends with it.
Table walk(const World& world, std::int64_t now) {
  auto table = order_rows(world, newest_signals(world, now, walked_orders), now);
  const auto rows = static_cast<std::int64_t>(table.rows.size());
  table.columns.insert(table.columns.end(), {"step_rows", "step_end_id", "step_end"});
  for (auto& row : table.rows) row.insert(row.end(), {rows, std::string("end"), 0.0});
  return table;
}

std::vector<Answer> orders(const PriorState& prior, const World& world) {
  const auto& cursors = prior.tables.at(0);
  const auto watermark = number(cursors.at(0, "watermark"));
  const auto made = order_rows(world, newest_signals(world, prior.now, 20), prior.now);
  const auto newest = made.empty() ? std::nullopt : number(made.at(0, "time"));
  std::vector<Answer> all{head(newest, prior.now)};
  if (!watermark) {
    all.emplace_back(walk(world, prior.now));
    return all;
  }
  constexpr std::int64_t review_after_s = 600;
  const bool review = prior.now - gateway::integer(cursors.at(0, "reviewed_at")).value_or(0) > review_after_s;
  std::vector<std::int64_t> held;
  for (const auto& row : prior.tables.at(2).rows) {
    if (review || gateway::integer(row.at(1)) == 1) held.push_back(number_of(gateway::text(row.at(0)).value_or("")));
  }
  all.emplace_back(order_rows(world, signals_since(world, static_cast<std::int64_t>(*watermark - overlap_s), prior.now), prior.now));
  all.emplace_back(order_rows(world, held, prior.now));
  return all;
}

std::vector<Answer> executions(const PriorState& prior, const World& world) {
  auto numbers = newest_signals(world, prior.now, 2 * executions_at_least);
  for (const auto& row : prior.tables.at(0).rows) numbers.push_back(number_of(gateway::text(row.at(0)).value_or("")));
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return {execution_rows(world, numbers, prior.now)};
}

std::vector<Answer> quality(const PriorState& prior, const World& world) {
  std::vector<Answer> all;
  for (const std::string kind : {"orders", "executions"}) {
    const auto this_hour = prior.now / 3600 * 3600;
    const auto newest = newest_signal(world, prior.now);
    const bool first = gateway::is_null(prior.tables.at(0).at(0, kind + ".read_at"));
    // Orders stay open for two hours at most: older hours are not read again.
    const auto read_at = gateway::integer(prior.tables.at(0).at(0, kind + ".read_at")).value_or(prior.now);
    const auto oldest_read_again = std::min(read_at, this_hour) / 3600 * 3600 - 4 * 3600;
    all.emplace_back(Table{.columns = {"newest", "step_from"}, .rows = {{gateway::maybe(newest), Value{}}}});
    all.emplace_back(quality_rows(world, kind, first ? this_hour - 3600 : oldest_read_again, this_hour + 3600, prior.now));
    all.emplace_back(
        quality_rows(world, kind, first ? world.born_at / 3600 * 3600 : this_hour, first ? this_hour - 3600 : this_hour, prior.now));
  }
  return all;
}

std::vector<Answer> subscriptions(const PriorState& prior, const World& world) {
  const auto quiet = world.disconnected.holds(prior.now) ? 200.0 : 0.5;
  const auto now = static_cast<double>(prior.now);
  std::vector<Answer> all{subscription_rows(world, prior.now),
                          Table{.columns = {"topics", "quiet_s", "newest", "now"},
                                .rows = {{static_cast<std::int64_t>(world.subscriptions), quiet, now - quiet, now}}}};
  if (!gateway::is_null(prior.tables.at(1).at(0, "read_up_to"))) {  // nothing changed since
    auto changed = std::get<Table>(all[0]);
    changed.columns.emplace_back("time");
    changed.rows.clear();
    all.emplace_back(std::move(changed));
  }
  return all;
}

using Answering = std::function<std::vector<Answer>(const PriorState&, const World&)>;

const std::map<std::string, Answering>& by_source() {
  static const std::map<std::string, Answering> all{
      {"postgres.health",
       [](const PriorState&, const World&) { return std::vector<Answer>{Table{.columns = {"one"}, .rows = {{std::int64_t{1}}}}}; }},
      {"postgres.signals", signals},
      {"postgres.orders", orders},
      {"postgres.executions", executions},
      {"postgres.models", [](const PriorState& prior, const World& world) { return std::vector<Answer>{model_rows(world, prior.now)}; }},
      {"postgres.dataset_builds",
       [](const PriorState& prior, const World& world) { return std::vector<Answer>{dataset_build_rows(world, prior.now)}; }},
      {"postgres.quality", quality},
      {"postgres.subscriptions", subscriptions},
      {"rabbitmq.health",
       [](const PriorState&, const World&) { return std::vector<Answer>{ok(R"({"status":"ok"})"), ok(R"({"status":"ok"})")}; }},
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
  if (const auto found = by_source().find(source.name); found != by_source().end()) return found->second(prior, world);
  constexpr std::string_view health = ".health";
  if (!source.name.ends_with(health)) throw std::logic_error("no answer for source " + source.name);
  return {ok(health_document(world, source.name.substr(0, source.name.size() - health.size()), prior.now))};
}

}  // namespace grafana
