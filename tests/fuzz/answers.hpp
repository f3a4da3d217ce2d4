// Sources under fixed settings, and what an upstream could answer to what they ask, made from bytes. An HTTP answer is any
// status and any body; rows of PostgreSQL have the columns and types that the golden cases show of the query, because the server guarantees
// those.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "input.hpp"
#include "settings/settings.hpp"

namespace fuzz {

constexpr std::int64_t now = 1'764'583'200;

const gateway::Settings& settings();
const std::vector<gateway::Source>& sources();
std::vector<const gateway::Source*> sources_that_speak_http(bool http);
// All tables of the contract that are read; with a `without` above 0 one of them is absent or forbidden.
const gateway::Catalogue& catalogue(std::uint8_t without);

// What a source could know: the columns of the real store's answers, with one row where it always has one.
gateway::PriorState prior_state(const gateway::Source& source, Input& input);
// One answer for each request.
std::vector<gateway::Answer> answers(const gateway::Source& source, const std::vector<gateway::Request>& requests, Input& input);

// Asks, answers, and requires that what comes of it is proper.
void attempt(const gateway::Source& source, const gateway::PriorState& prior, Input& input);

}  // namespace fuzz
