// `why SOURCE`: how a source came to be what it is, from its last attempts in the published file. Contacts no upstream.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

namespace gateway {

// `name`: a source, or an upstream for all of its sources. 0: all fresh. 3: something is not. 4: no readable cache. 2: no such name.
int why(const std::filesystem::path& cache, const std::string& name, bool colour, std::ostream& out, std::ostream& err);

}  // namespace gateway
