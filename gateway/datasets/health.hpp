// How a health verdict is written down; shared by all sources that judge a service's health.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/source.hpp"

namespace gateway {

struct Component {
  std::string name, status, basis;  // basis: reported, probed
  std::optional<std::string> error;
};

// One observation of a service: its row, and all of its components.
std::vector<Write> observed(const std::string& service, const std::string& status, std::int64_t at, std::optional<double> latency_ms,
                            const std::optional<std::string>& error, const std::vector<Component>& components);

// For Source::failed: a refusal says "unhealthy", and that we could not reach it; other failures say nothing.
std::function<Batch(const PriorState&, const Error&)> refusal_is_unhealthy(std::string service);

// What an HTTP status other than 200 means wherever it comes from: 401 and 403, 404 and 501, 5xx, the rest.
Error http_error(int status, std::string_view what);

}  // namespace gateway
