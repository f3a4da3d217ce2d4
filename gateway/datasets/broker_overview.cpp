#include "datasets/broker_overview.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "datasets/health.hpp"

namespace gateway {

Result<BrokerOverview> read_overview(const HttpAnswer& answer) {
  const std::string what = "GET /api/overview";
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));
  const auto document = parse_json(answer.body, what);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> fault;
  const Fields body(*document, what, fault);
  const auto count = body.object("object_totals").integer("queues");
  const auto disabled = body.boolean("disable_stats");
  const auto rates_mode = body.text("rates_mode");
  if (fault) return std::unexpected(*fault);
  if (!count) return failure(ErrorClass::malformed, what + ".object_totals.queues: missing required field (integer)");
  return BrokerOverview{.queues = *count, .statistics = disabled != true, .counted = disabled != true && rates_mode != "none"};
}

Result<std::vector<std::string>> vhosts_without_queues(const HttpAnswer& answer, const std::set<std::string>& listed) {
  const std::string what = "GET /api/vhosts";
  if (answer.status != 200) return std::unexpected(http_error(answer.status, what));
  std::vector<std::string> empty;
  const auto count = parse_array(answer.body, what, [&](const Json& object, std::size_t index) -> std::optional<Error> {
    std::optional<Error> fault;
    const auto vhost = Fields(object, fmt::format("vhosts[{}]", index), fault).text("name");
    if (vhost && !listed.contains(*vhost)) empty.push_back(*vhost);
    return fault;
  });
  if (!count) return std::unexpected(count.error());
  return empty;
}

}  // namespace gateway
