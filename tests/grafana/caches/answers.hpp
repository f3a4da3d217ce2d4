// What each upstream answers to the gateway's own questions, given what the gateway knows: the same tables and documents
// that real servers send, so that the real mappings can read them.
#pragma once

#include <vector>

#include "base/source.hpp"
#include "world.hpp"

namespace grafana {

// known.now is the moment of the question.
std::vector<gateway::Answer> answers(const gateway::Source& source, const gateway::Known& known, const World& world);

}  // namespace grafana
