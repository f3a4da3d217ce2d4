// What the upstreams answer to a source's request, computed from the World. A request is told apart by a word of its SQL
// that belongs to its kind alone, and by its parameters; what follows from it is written here once more, in plain C++.
// evaluator_test.cpp compares these answers with a real PostgreSQL's, so that they cannot drift apart.
#pragma once

#include "base/source.hpp"
#include "world.hpp"

namespace history {

// Whether the World has a part in it. Of the others no events come that the World could foretell.
bool is_simulated(const gateway::Source& source);
// Throws std::logic_error for a request it does not know: then it must be taught.
gateway::Answer answer(const World& world, const gateway::Source& source, const gateway::Request& request);

}  // namespace history
