// What must hold whatever the input is. A promise that does not ends the process, which the fuzzer calls a crash.
#pragma once

#include <string_view>

#include "base/source.hpp"

namespace fuzz {

void require(bool holds, std::string_view promise);

// One clean line of bearable length.
void require_readable(const gateway::Error& error);
// That, and never the class for what nobody thought of.
void require_proper(const gateway::Error& error);
// Clean text and finite numbers, in rows as long as their columns, for the source's own tables.
void require_proper(const gateway::Batch& batch, const gateway::Source& source);

}  // namespace fuzz
