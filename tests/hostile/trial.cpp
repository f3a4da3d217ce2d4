#include "trial.hpp"

#include <algorithm>
#include <fstream>
#include <future>
#include <map>
#include <stdexcept>

#include "base/text.hpp"
#include "datasets/datasets.hpp"

namespace hostile {

using namespace gateway;

namespace {

const Settings& settings() {
  static const auto fixed = [] {
    SettingsReader reader([](const std::string& name) -> std::optional<std::string> {
      if (name.ends_with("_API_KEY")) return api_key;
      if (name == "RABBITMQ_QUEUES_MAX") return std::to_string(allowed_queues);
      return std::nullopt;
    });
    return read_settings(reader);
  }();
  return fixed;
}

}  // namespace

const std::vector<Source>& sources() {
  static const auto all = all_sources(settings());
  return all;
}

Trial::Trial(const std::string& source, RawServer& server) : source_(*std::ranges::find(sources(), source, &Source::name)) {
  const Pace pace{.interval = std::chrono::seconds(10), .timeout = std::chrono::seconds(5), .stale_after = std::chrono::seconds(30)};
  for (const auto& each : sources()) setups_.push_back({&each, pace});
  store_.begin({.sources = setups_,
                .retention = settings().retention,
                .strategies = settings().strategies,
                .backoff_cap = settings().backoff_cap,
                .version = "1",
                .now = unix_now(),
                .publish_within = std::chrono::seconds(10)});
  upstream_ = std::make_unique<HttpUpstream>(HttpSettings{.url = {.tls = false, .host = "127.0.0.1", .port = server.port(), .path = {}},
                                                          .api_key = api_key,
                                                          .user = "monitor",
                                                          .password = password,
                                                          .ca_file = {}});
}

Outcome Trial::attempt(Milliseconds allowed) {
  std::vector<Job> jobs{{.source = &source_, .prior = store_.prior_state(source_, unix_now())}};
  const Deadline deadline(allowed);
  was_cancelled_ = false;
  auto running = std::async(std::launch::async, [&] { return upstream_->attempt(jobs, deadline); });
  while (running.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    if (!deadline.passed()) continue;
    was_cancelled_ = true;
    upstream_->cancel();
  }
  auto outcomes = running.get();
  if (outcomes.size() != 1) throw std::logic_error("one source, one outcome");
  stored_ = store_
                .apply(outcomes, setups_,
                       {.upstream = source_.upstream, .next_attempt_at = unix_now() + 10, .failures_for_outage = 2, .failing_for_s = {}})
                .at(0);
  return std::move(outcomes[0]);
}

Held Trial::held() const {
  static const std::map<std::string, std::string> facts{
      {"rabbitmq.queues", "SELECT group_concat(quote(vhost) || quote(name) || quote(messages)) FROM queue"},
      {"model-service.training", "SELECT quote(is_training) || quote(queue_size) || quote(pending_dataset_builds) FROM training"},
      {"rabbitmq.health",
       "SELECT group_concat(component || status) FROM component WHERE service = 'rabbitmq' AND component <> 'connection'"},
      {"ws-gateway.health",
       "SELECT group_concat(component || status) || (SELECT status FROM ws_connection_row) FROM component WHERE service = 'ws-gateway' AND "
       "component <> 'connection'"},
      {"model-service.health",
       "SELECT group_concat(component || status) FROM component WHERE service = 'model-service' AND component <> 'connection'"}};
  return {.rows = text(store_.query(facts.at(source_.name)).rows.at(0).at(0)).value_or(""),
          .count = integer(store_.query(source_.row_count_sql).rows.at(0).at(0)).value_or(0)};
}

std::string class_of(const Outcome& outcome) { return outcome.result ? "rows" : std::string(to_string(outcome.result.error().kind)); }

::testing::AssertionResult is_discreet(const Error& error) {
  const auto& text = error.text;
  const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
  if (error.kind == ErrorClass::other) return ::testing::AssertionFailure() << "class other: " << text;
  if (!has("GET /") && !has("127.0.0.1:") && !has("queues[")) return ::testing::AssertionFailure() << "names no place: " << text;
  if (has(canary)) return ::testing::AssertionFailure() << "shows content: " << text;
  if (has(api_key) || has(password) || has("s3cr3t")) return ::testing::AssertionFailure() << "shows a secret: " << text;
  if (text.size() > 1000) return ::testing::AssertionFailure() << "is " << text.size() << " bytes long";
  if (text != one_line(clean_utf8(text))) return ::testing::AssertionFailure() << "is not one clean line: " << text;
  return ::testing::AssertionSuccess();
}

void begin_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  throw std::runtime_error("no VmHWM in /proc/self/status");
}

}  // namespace hostile
