// rabbitmq.health: the broker's own checks. An alarm stops publishers, so it is unhealthy, and the error says which.
#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr const char* alarms = "/api/health/checks/alarms";
constexpr const char* virtual_hosts = "/api/health/checks/virtual-hosts";

// A check answers 200, or 503 with a reason; alarms also say which resource of which node.
Result<Component> check(const HttpAnswer& answer, const std::string& name, const std::string& what) {
  if (answer.status == 404) return Component{name, "unknown", "probed", "this RabbitMQ has no such check"};
  if (answer.status != 200 && answer.status != 503) return std::unexpected(http_error(answer.status, what));
  const auto document = parse_json(answer.body, what);
  if (!document) {
    if (answer.status == 503) return std::unexpected(http_error(503, what));
    return std::unexpected(document.error());
  }
  std::optional<Error> fault;
  const Fields body(*document, what, fault);
  const auto status = body.text("status");
  if (fault) return std::unexpected(*fault);
  if (!status) {
    if (answer.status == 503) return std::unexpected(http_error(503, what));
    return failure(ErrorClass::malformed, what + ".status: missing required field (string)");
  }
  if (*status == "ok" && answer.status == 200) return Component{name, "healthy", "probed", std::nullopt};
  auto error = body.text("reason").value_or(*status);
  if (const auto list = document->find("alarms"); list != document->end() && list->is_array()) {
    for (std::size_t i = 0; i < list->size() && i < 20; ++i) {
      const Fields alarm((*list)[i], fmt::format("{}.alarms[{}]", what, i), fault);
      error += fmt::format("{}{} on {}", i == 0 ? ": " : ", ", alarm.text("resource").value_or("?"), alarm.text("node").value_or("?"));
    }
    if (fault) return std::unexpected(*fault);
  }
  return Component{name, "unhealthy", "probed", shortened(one_line(error), 1000)};
}

}  // namespace

Source rabbitmq_health() {
  return {.name = "rabbitmq.health",
          .upstream = "rabbitmq",
          .tables = {"service", "component"},
          .row_count_sql = "SELECT count(*) FROM service WHERE service = 'rabbitmq'",
          .prior_state_sql = {},
          .ask = [](const PriorState&) -> Result<std::vector<Request>> {
            return std::vector<Request>{HttpRequest{alarms}, HttpRequest{virtual_hosts}};
          },
          .parse = [](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
            const auto& first = std::get<HttpAnswer>(answers[0]);
            const auto alarm = check(first, "alarms", fmt::format("GET {}", alarms));
            if (!alarm) return std::unexpected(alarm.error());
            const auto vhosts = check(std::get<HttpAnswer>(answers[1]), "virtual-hosts", fmt::format("GET {}", virtual_hosts));
            if (!vhosts) return std::unexpected(vhosts.error());
            // Who has none of them has said nothing: it may not even be RabbitMQ.
            if (alarm->status == "unknown" && vhosts->status == "unknown")
              return std::unexpected(http_error(404, fmt::format("GET {}", alarms)));
            std::string status = "healthy";
            std::optional<std::string> error;
            for (const auto* component : {&*vhosts, &*alarm}) {
              if (component->status != "unhealthy") continue;
              status = "unhealthy";
              error = component->error;
            }
            return Batch{.writes = observed("rabbitmq", status, prior.now, first.latency_ms, error,
                                            {{"connection", "healthy", "probed", std::nullopt}, *alarm, *vhosts}),
                         .rows = 1};
          },
          .failed = refusal_is_unhealthy("rabbitmq")};
}

}  // namespace gateway
