// What the upstreams answer to the datasets of gateway/datasets/examples.
#pragma once

#include <optional>
#include <string>

#include "base/source.hpp"
#include "world.hpp"

namespace grafana {

// nullopt: it is another source.
std::optional<gateway::Answer> dataset_answer(const std::string& source, std::int64_t now, const World& world);

}  // namespace grafana
