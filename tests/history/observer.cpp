#include "observer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "answers.hpp"
#include "clock.hpp"
#include "datasets/datasets.hpp"
#include "unit/contract_catalogue.hpp"
#include "unit/support.hpp"

namespace history {
namespace {

using gateway::Batch;
using gateway::Error;
using gateway::ErrorClass;
using gateway::HealthImplication;
using gateway::Outcome;
using gateway::PriorState;
using gateway::Source;
using gateway::SourceSetup;
using gateway::Table;

const gateway::Settings& settings() {
  static const auto all = gateway::settings_of({{"MODEL_SERVICE_API_KEY", "secret"}, {"WS_GATEWAY_API_KEY", "secret"}});
  return all;
}

const std::vector<SourceSetup>& setups() {
  static const auto all = [] {
    std::vector<SourceSetup> found;
    for (const auto& source : simulated_sources())
      found.push_back({&source, source.upstream == "postgres" ? settings().postgres.pace : settings().services_pace});
    return found;
  }();
  return all;
}

std::string connection_status(const std::string& word) {
  static const std::set<std::string> known{"connected", "disconnected", "connecting", "reconnecting"};
  return known.contains(word) ? word : "unknown";
}

}  // namespace

const std::vector<Source>& simulated_sources() {
  static const auto all = [] {
    auto found = gateway::all_sources(settings());
    std::erase_if(found, std::not_fn(is_simulated));
    return found;
  }();
  return all;
}

const std::vector<std::string>& upstream_names() {
  static const std::vector<std::string> all{"postgres", "ws-gateway", "model-service", "order-manager"};
  return all;
}

double stale_after_s() { return static_cast<double>(settings().postgres.pace.stale_after.count()) / 1000; }

Observer::Observer(const World& world, std::filesystem::path file, Retention retention)
    : world_(world), file_(std::move(file)), retention_(retention) {
  install_clock();
}

std::int64_t Observer::own_now() const { return static_cast<std::int64_t>(std::floor(world_.now + ahead_)); }

void Observer::start() {
  const SimulatedTime time(world_.now + ahead_);
  store_ = std::make_unique<gateway::Store>();
  if (std::filesystem::exists(file_)) {
    for (const auto& misfit : store_->restore(file_)) throw std::runtime_error("not restored: " + misfit);
  }
  auto mine = settings();
  mine.retention.event_max = retention_.most;
  mine.retention.event_retention = std::chrono::seconds(retention_.for_s);
  store_->begin({.sources = setups(),
                 .retention = mine.retention,
                 .strategies = mine.strategies,
                 .backoff_cap = mine.backoff_cap,
                 .version = "1.2.3",
                 .now = own_now(),
                 .publish_within = std::chrono::seconds(10)});
  store_->note_start(own_now(), "1.2.3");
  log_ = published_diary_;
  log_.starts.push_back(own_now());
  publish();
}

void Observer::kill() { store_.reset(); }

void Observer::stop() {
  publish();
  kill();
}

void Observer::publish() {
  const SimulatedTime time(world_.now + ahead_);
  const auto next = file_.string() + ".next";
  std::filesystem::remove(next);
  const auto size = store_->copy_to(next, {.published_at = own_now(), .count = 1, .bytes_before = 0});
  if (!size) throw std::runtime_error(size.error());
  std::filesystem::rename(next, file_);
  published_diary_ = log_;
}

void Observer::tidy() {
  const SimulatedTime time(world_.now + ahead_);
  store_->tidy(own_now());
}

void Observer::poll_all() {
  for (const auto& upstream : upstream_names()) poll(upstream);
}

void Observer::poll(const std::string& upstream, const Trouble& trouble) {
  clock_ever_set_ |= ahead_ != 0;
  const SimulatedTime time(world_.now + ahead_);
  constexpr int never_ends = 40;
  for (int n = 0; attempt(upstream, trouble); ++n) {
    if (n > never_ends) throw std::runtime_error(upstream + ": asks for more at once, without end");
  }
}

Outcome Observer::ask(const Source& source, const Trouble& trouble) {
  Outcome outcome{.source = source.name, .sent_at = own_now(), .requests = 1, .timing = {}, .result = Batch{}};
  auto prior = store_->prior_state(source, own_now());
  prior.catalogue = &gateway::contract_catalogue();
  const auto says = world_.services.at(source.upstream).now();
  if (says == "refused" || trouble.kind == Trouble::Kind::refused) {
    outcome.result = gateway::failure(ErrorClass::refused, "connection refused");
  } else if (says == "silent" || trouble.kind == Trouble::Kind::silent || trouble.silent_sources.contains(source.name)) {
    outcome.result = gateway::failure(ErrorClass::timeout, "no answer in time");
  } else if (says == "absent") {
    outcome.result = gateway::failure(ErrorClass::missing, "HTTP 404");
  } else {
    const auto requests = source.ask(prior);
    if (!requests) throw std::runtime_error(source.name + ": " + requests.error().text);
    std::vector<gateway::Answer> answers;
    for (const auto& request : *requests) answers.push_back(answer(world_, source, request));
    outcome.result = source.parse(prior, answers);
    if (!outcome.result) throw std::runtime_error(source.name + ": " + outcome.result.error().text);
    note(source, outcome, answers);
    return outcome;
  }
  note(source, outcome, {});
  return outcome;
}

// What this attempt told of things that are only observed.
void Observer::note(const Source& source, const Outcome& outcome, const std::vector<gateway::Answer>& answers) {
  const auto saw = [&](const std::string& subject, const std::string& status) {
    log_.sightings.push_back({.subject = subject, .status = status, .at = world_.now, .own = own_now(), .starts = log_.starts.size()});
  };
  if (!outcome.result) {
    if (source.name != source.upstream + ".health") return;
    if (implication(outcome.result.error().kind) == HealthImplication::unhealthy) saw(source.upstream, "unhealthy");
    if (implication(outcome.result.error().kind) != HealthImplication::no_endpoint) return;
    saw(source.upstream, "unknown");
    if (source.upstream == "ws-gateway") saw("ws:private", "unknown");
    return;
  }
  if (source.name == "postgres.health") {
    saw("postgres", "healthy");
  } else if (source.name == "model-service.training") {
    saw("training", world_.training() != nullptr ? "training" : "idle");
  } else if (source.name == source.upstream + ".health") {
    const auto says = world_.services.at(source.upstream).now();
    saw(source.upstream, says);
    if (source.upstream == "ws-gateway") saw("ws:private", connection_status(world_.private_connection.now()));
  } else if (source.name == "postgres.subscriptions") {
    constexpr double quiet_after_s = 60;
    const auto quiet = gateway::number(std::get<Table>(answers.at(1)).at(0, "quiet_s"));
    saw("ws:public", !quiet ? "unknown" : *quiet <= quiet_after_s ? "connected" : "disconnected");
  }
}

bool Observer::attempt(const std::string& upstream, const Trouble& trouble) {
  std::vector<Outcome> outcomes;
  for (const auto& source : simulated_sources()) {
    if (source.upstream == upstream && source.on) outcomes.push_back(ask(source, trouble));
  }
  // Who says that there is no such thing is alive.
  const bool failed =
      std::ranges::none_of(outcomes, [](const auto& o) { return o.result || o.result.error().kind == ErrorClass::missing; });
  const bool more = std::ranges::any_of(outcomes, [](const auto& o) { return o.result && o.result->more; });
  log_.attempts.push_back({.upstream = upstream, .failed = failed, .own = own_now()});
  constexpr std::int64_t interval_s = 10;
  const auto errors = store_->apply(
      outcomes, setups(), {.upstream = upstream, .next_attempt_at = own_now() + interval_s, .failures_for_outage = 2, .failing_for_s = {}});
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (errors[i] && outcomes[i].result) throw std::runtime_error(outcomes[i].source + ": " + errors[i]->text);
  }
  return more;
}

}  // namespace history
