#include "polling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "answers.hpp"
#include "publish/publish_steps.hpp"
#include "run/declared_datasets.hpp"
#include "run/upstreams.hpp"
#include "unit/support.hpp"

namespace grafana {
namespace {

using gateway::Outcome;
using gateway::Source;

constexpr std::int64_t next_attempt_after_s = 30;

gateway::Settings settings_of(std::map<std::string, std::string> variables) {
  variables.insert({
      {"STALE_AFTER", "30m"},
      {"TRADING_STRATEGIES", "momentum_v1,silent_v1"},
      {"BYBIT_ENVIRONMENT", "testnet"},
      {"MODEL_SERVICE_API_KEY", "key"},
      {"QUEUE_LAG_IGNORE", "ws-gateway.balance"},
      {"DATASETS_DIR", DATASET_EXAMPLES},
  });
  return gateway::settings_of(variables);
}

}  // namespace

Fault no_fault() {
  return [](const std::string&, std::int64_t) { return std::nullopt; };
}

Polling::Polling(World world, Fault fault, const std::map<std::string, std::string>& variables)
    : world_(std::move(world)),
      fault_(std::move(fault)),
      settings_(settings_of(variables)),
      declared_(gateway::read_datasets(settings_)),
      sources_(gateway::sources_of(settings_, declared_)),
      setups_(gateway::setups(sources_, settings_)),
      store_(declared_) {
  if (!declared_.faulty.empty()) throw std::logic_error(declared_.faulty.front().faults.front().shown());
  for (const auto& source : sources_) {
    if (std::ranges::find(upstreams_, source.upstream) == upstreams_.end()) upstreams_.push_back(source.upstream);
  }
}

void Polling::start(std::int64_t at) {
  started_at_ = at;
  // Whoever looks takes his time: the gateway counts as silent only when what it has collected is stale, too.
  store_.begin({.sources = setups_,
                .retention = settings_.retention,
                .strategies = settings_.strategies,
                .backoff_cap = settings_.backoff_cap,
                .version = "1.0.0",
                .now = at,
                .publish_within = settings_.postgres.pace.stale_after / 3});
  store_.note_start(at, "1.0.0");
}

Outcome Polling::attempt(const Source& source, std::int64_t at) {
  Outcome outcome{.source = source.name,
                  .sent_at = at,
                  .requests = 1,
                  .timing = {.duration_ms = 4.5, .connect_ms = {}, .wait_ms = 3.0, .read_ms = 0.5, .parse_ms = 0.25},
                  .result = gateway::Batch{}};
  if (auto error = fault_(source.name, at)) {
    outcome.result = std::unexpected(std::move(*error));
    return outcome;
  }
  auto prior = store_.prior_state(source, at);
  prior.catalogue = &catalogue_;
  outcome.result = source.parse(prior, answers(source, prior, world_));
  if (!outcome.result) throw std::logic_error(source.name + ": " + outcome.result.error().text);
  return outcome;
}

void Polling::poll(std::int64_t at) {
  for (const auto& upstream : upstreams_) {
    std::vector<Outcome> outcomes;
    gateway::AttemptReport report{
        .upstream = upstream, .next_attempt_at = at + next_attempt_after_s, .failures_for_outage = 2, .failing_for_s = {}};
    for (const auto& source : sources_) {
      if (source.upstream != upstream || !source.on) continue;
      outcomes.push_back(attempt(source, at));
      auto& last = succeeded_at_.try_emplace(source.name, started_at_).first->second;
      if (outcomes.back().result) last = at;
      report.failing_for_s[source.name] = static_cast<double>(at - last);
    }
    if (outcomes.empty()) continue;
    const auto errors = store_.apply(outcomes, setups_, report);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].result && errors[i]) throw std::logic_error(outcomes[i].source + ": " + errors[i]->text);
    }
  }
  store_.tidy(at);
}

void Polling::poll_from(std::int64_t from, std::int64_t to, std::int64_t every_s) {
  for (auto at = from; at <= to; at += every_s) poll(at);
}

void Polling::write(const std::string& source, gateway::Batch batch, std::int64_t at) {
  const auto found = std::ranges::find(sources_, source, &Source::name);
  if (found == sources_.end()) throw std::logic_error("no source " + source);
  const std::vector<Outcome> outcomes{
      {.source = source, .sent_at = at, .requests = 1, .timing = {.duration_ms = 1}, .result = std::move(batch)}};
  const auto errors = store_.apply(
      outcomes, setups_,
      {.upstream = found->upstream, .next_attempt_at = at + next_attempt_after_s, .failures_for_outage = 2, .failing_for_s = {}});
  if (errors.at(0)) throw std::logic_error(source + ": " + errors.at(0)->text);
}

void Polling::publish(const std::filesystem::path& file, std::int64_t at) {
  const auto directory = gateway::directory_of(file);
  const auto name = file.filename().string();
  const auto next = gateway::create_next(directory, name);
  if (!next) throw std::runtime_error(next.error());
  const auto size = store_.copy_to(next->path(), {.published_at = at, .count = ++count_, .bytes_before = 0});
  if (!size) throw std::runtime_error(size.error());
  if (const auto shown = gateway::show(directory, name, *next, {}, 0444); !shown) throw std::runtime_error(shown.error());
}

}  // namespace grafana
