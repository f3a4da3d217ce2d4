// What a /health document says of the service and of its parts, whatever its dialect. The more a service says, the more is believed:
// a detail of an unknown form costs itself, never the service's word.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "datasets/health.hpp"

namespace gateway {

struct HealthDocument {
  std::optional<std::string> word;  // as said; nullopt: it says none
  std::optional<std::string> text;  // what it says beside the word: error, message, ...
  std::vector<Component> parts;     // all `reported`
  Json body;                        // null where it was a plain word
};

// `body`: of the answer. A plain text or a JSON string counts if it is a word of a dialect. Malformed if it is neither that nor a
// JSON object.
Result<HealthDocument> read_health(std::string_view body, std::string_view what);

// Why it is not well: the parts that are down, else what it says, else the word. nullopt: there is nothing to say.
std::optional<std::string> reason_of(const HealthDocument& document, int http_status, const std::string& verdict);

}  // namespace gateway
