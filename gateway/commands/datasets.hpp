// What helps whoever writes a dataset's file: `once --only NAME` and `grants`.
#pragma once

#include <iosfwd>
#include <string>

#include "settings/settings.hpp"

namespace gateway {

// One attempt at one dataset of a file; prints its rows. Writes no cache and takes no lock. 0: answered. 2: there is no such dataset,
// or its file is faulty. 3: it failed.
int print_only(const Settings& given, const std::string& name, std::size_t limit, bool colour, std::ostream& out, std::ostream& err);

// The GRANT statements that the built-in datasets and the files need, of each PostgreSQL database.
int print_grants(const Settings& given, std::ostream& out, std::ostream& err);

}  // namespace gateway
