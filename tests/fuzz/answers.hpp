// Sources under fixed settings, and what an upstream could answer to what they ask, made from bytes. An HTTP answer is any
// status and any body; rows of PostgreSQL have the columns and types of the query, because the server guarantees those.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "input.hpp"
#include "settings/settings.hpp"

namespace fuzz {

constexpr std::int64_t now = 1'764'583'200;

const gateway::Settings& settings();
const std::vector<gateway::Source>& sources();
bool speaks_http(const gateway::Source& source);
// All tables and columns of the contract; with a `without` above 0 one of them is absent or forbidden.
const gateway::Catalogue& catalogue(std::uint8_t without);

// What a source could know: the columns of the real store's answers, with one row where it always has one.
gateway::PriorState prior_state(const gateway::Source& source, Input& input);
// One answer for each request.
std::vector<gateway::Answer> answers(const gateway::Source& source, const std::vector<gateway::Request>& requests, Input& input);

}  // namespace fuzz
