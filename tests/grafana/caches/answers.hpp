// What each upstream answers to the gateway's own questions, given what the gateway knows: the same tables and documents
// that real servers send, so that the real mappings can read them.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "world.hpp"

namespace grafana {

// prior.now is the moment of the question.
std::vector<gateway::Answer> answers(const gateway::Source& source, const gateway::PriorState& prior, const World& world);

}  // namespace grafana
