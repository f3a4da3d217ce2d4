// RabbitMQ's user: its tags, the vhosts it may see. And what the broker was told not to count.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "check/check_upstreams.hpp"
#include "check/clock.hpp"
#include "check/http_get.hpp"
#include "datasets/broker_overview.hpp"
#include "run/upstreams.hpp"

namespace gateway {
namespace {

constexpr std::size_t most_vhosts = 100;
constexpr const char* make_user = "gateway/deploy/rabbitmq-monitoring-user";

// The tags are an array, or, before RabbitMQ 3.9, a text with commas.
std::vector<std::string> tags_of(const std::string& body) {
  std::vector<std::string> tags;
  const auto document = parse_json(body, "GET /api/whoami");
  const auto* found = document ? member(*document, "tags") : nullptr;
  if (found == nullptr) return tags;
  if (found->is_string()) {
    for (const auto tag : split(found->get<std::string>(), ',')) tags.emplace_back(trimmed(tag));
  } else if (found->is_array()) {
    for (const auto& tag : *found) {
      if (tag.is_string()) tags.push_back(tag.get<std::string>());
    }
  }
  return tags;
}

std::optional<Finding> judge_tags(const std::string& user, const std::vector<std::string>& tags) {
  const auto has = [&](const char* tag) { return std::ranges::find(tags, tag) != tags.end(); };
  if (has("administrator"))
    return Finding{Grade::fault,
                   fmt::format("RabbitMQ's user {} is an administrator: anyone who steals its password owns the broker", user),
                   fmt::format("{}, and set RABBITMQ_MANAGEMENT_USER=grafana_monitor", make_user)};
  if (has("policymaker") || !has("monitoring"))
    return Finding{Grade::fault, fmt::format("RabbitMQ's user {} has the tags [{}], not monitoring alone", user, fmt::join(tags, ", ")),
                   fmt::format("rabbitmqctl set_user_tags {} monitoring", user)};
  return std::nullopt;
}

std::vector<std::string> vhosts_in(const std::string& body) {
  std::vector<std::string> names;
  [[maybe_unused]] const auto count = parse_array(body, "GET /api/vhosts", [&](const Json& object, std::size_t) -> std::optional<Error> {
    if (const auto* name = member(object, "name"); name != nullptr && name->is_string() && names.size() < most_vhosts)
      names.push_back(name->get<std::string>());
    return std::nullopt;
  });
  return names;
}

// For a command that an operator pastes into a shell: the name is the broker's, and may be anything.
std::string shell_word(const std::string& name) {
  std::string word = "'";
  for (const char c : name) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string encoded(const std::string& name) {
  std::string all;
  for (const auto c : name) all += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return all;
}

Findings judge_vhosts(const std::vector<std::string>& vhosts, const std::vector<HttpAnswer>& answers, const std::string& user) {
  Findings all;
  for (std::size_t i = 0; i < vhosts.size() && i < answers.size(); ++i) {
    if (answers[i].status != 401 && answers[i].status != 403) continue;
    const auto name = shortened(one_line(vhosts[i]), 100);
    all.push_back({Grade::fault, fmt::format("RabbitMQ's user {} has no permission in the vhost {}: its queues are not shown", user, name),
                   fmt::format("rabbitmqctl set_permissions -p {} {} '^$' '^$' '^$'", shell_word(name), shell_word(user))});
  }
  if (all.empty()) all.push_back({Grade::good, fmt::format("RabbitMQ's user {} may see all {} vhosts", user, vhosts.size()), {}});
  return all;
}

}  // namespace

Findings check_broker(const Settings& settings) {
  const auto http = http_settings("rabbitmq", settings);
  const auto& user = settings.rabbitmq.user;
  const auto timeout = settings.rabbitmq.pace.timeout;
  const auto before = precise_now();
  const auto answers = http_get(http, {"/api/whoami", overview_target, vhosts_target}, timeout);
  const auto after = precise_now();
  if (!answers || answers->at(0).status != 200) return {};  // its sources say so
  Findings all;
  if (auto finding = judge_tags(user, tags_of(answers->at(0).body))) all.push_back(std::move(*finding));
  if (const auto overview = read_overview(answers->at(1)); overview && !overview->counted)
    all.push_back({Grade::note, "RabbitMQ's statistics are off: rates, and with them lag by consumption, are not available",
                   "in rabbitmq.conf: management_agent.disable_metrics_collector = false and management.rates_mode = basic"});
  const auto vhosts = vhosts_in(answers->at(2).body);
  std::vector<std::string> targets;
  for (const auto& vhost : vhosts) targets.push_back(fmt::format("/api/queues/{}?page=1&page_size=1&columns=name", encoded(vhost)));
  if (const auto seen = http_get(http, targets, timeout)) {
    for (auto& finding : judge_vhosts(vhosts, *seen, user)) all.push_back(std::move(finding));
  }
  if (const auto date = answers->at(0).date) {
    const auto name = fmt::format("RabbitMQ at {}:{}", http.url.host, http.url.port);
    if (auto finding = clock_finding(name, static_cast<double>(*date), before, after, 1)) all.push_back(std::move(*finding));
  }
  const SecretMask mask(all_values(settings.secrets));
  for (auto& finding : all) {
    finding.what = mask.masked_data(finding.what);
    finding.remedy = mask.masked_data(finding.remedy);
  }
  return all;
}

Findings check_service_clock(const ServiceSettings& service, const Settings& settings) {
  if (!service.url || service.tcp || service.health_path.empty()) return {};
  const auto before = precise_now();
  const auto answer = http_get(http_settings(service.name, settings), {service.health_path}, settings.services_pace.timeout);
  const auto after = precise_now();
  // What lay in a cache between carries the time at which it was made.
  if (!answer || !answer->at(0).date || answer->at(0).age_s > 0) return {};
  const auto finding = clock_finding(service.name, static_cast<double>(*answer->at(0).date), before, after, 1);
  return finding ? Findings{*finding} : Findings{};
}

}  // namespace gateway
