#include "check/check_upstreams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "cache/store.hpp"
#include "check/remedy.hpp"
#include "run/declared_datasets.hpp"
#include "run/upstreams.hpp"

namespace gateway {
namespace {

std::string remedy_of(const std::string& upstream, const Error& error) {
  return gateway::remedy_of(upstream, to_string(error.kind), error.text);
}

Finding finding_of(const Outcome& outcome, const std::string& upstream) {
  if (!outcome.result) {
    const auto& error = outcome.result.error();
    return {error.kind == ErrorClass::missing ? Grade::note : Grade::fault,
            fmt::format("{}: {}: {}", outcome.source, to_string(error.kind), error.text), remedy_of(upstream, error)};
  }
  if (!outcome.note.empty()) return {Grade::note, fmt::format("{}: {}", outcome.source, outcome.note), "see the note"};
  return {Grade::good, fmt::format("{}: rows {}, in {:.0f} ms", outcome.source, outcome.result->rows, outcome.timing.duration_ms), {}};
}

// One finding for all sources of an upstream where they failed alike.
Findings findings_of(const std::vector<Outcome>& outcomes, const std::string& upstream) {
  const auto alike = [&](const Outcome& outcome) {
    return !outcome.result && !outcomes[0].result && outcome.result.error().kind == outcomes[0].result.error().kind;
  };
  if (outcomes.size() > 1 && std::ranges::all_of(outcomes, alike)) {
    const auto& error = outcomes[0].result.error();
    return {{Grade::fault, fmt::format("{}: {}: {}", upstream, to_string(error.kind), error.text), remedy_of(upstream, error)}};
  }
  Findings all;
  for (const auto& outcome : outcomes) all.push_back(finding_of(outcome, upstream));
  return all;
}

Findings check_sources(const UpstreamSpec& spec, std::vector<Job> jobs) {
  return findings_of(spec.client->attempt(jobs, Deadline(spec.pace.timeout)), spec.name);
}

Findings check_beyond_sources(const std::string& upstream, const Settings& settings) {
  if (upstream == "postgres") return check_postgres_role(settings.postgres);
  const auto database = std::ranges::find(settings.databases, upstream, &DatabaseSettings::name);
  if (database != settings.databases.end()) return check_postgres_role(database->at);
  if (upstream == "rabbitmq") return check_broker(settings);
  const auto service = std::ranges::find(settings.services, upstream, &ServiceSettings::name);
  return service == settings.services.end() ? Findings{} : check_service_clock(*service, settings);
}

}  // namespace

Findings check_upstreams(const Settings& settings, const DeclaredDatasets& declared) {
  const auto sources = sources_of(settings, declared);
  const auto setup = setups(sources, settings);
  Store empty(declared);  // what a first attempt knows
  empty.begin(
      {.sources = setup, .retention = settings.retention, .strategies = {}, .backoff_cap = {}, .version = "check", .now = unix_now()});
  std::vector<std::future<Findings>> under_way;
  for (const auto& spec : upstreams(setup, settings)) {
    std::vector<Job> jobs;
    for (const auto& each : spec.sources) {
      jobs.push_back({.source = each.source, .prior = empty.prior_state(*each.source, unix_now())});
      jobs.back().prior.first_sample_counts = true;
    }
    under_way.push_back(std::async(std::launch::async, [spec, jobs = std::move(jobs), &settings] {
      auto all = check_sources(spec, jobs);
      if (spec.in_own_lane) return all;
      for (auto& finding : check_beyond_sources(spec.name, settings)) all.push_back(std::move(finding));
      return all;
    }));
  }
  Findings all;
  for (auto& one : under_way) {
    for (auto& finding : one.get()) all.push_back(std::move(finding));
  }
  return all;
}

}  // namespace gateway
