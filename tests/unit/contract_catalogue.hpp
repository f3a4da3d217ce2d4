// What the read-only role sees of a trading system with all its migrations: the tables a source may ask for.
#pragma once

#include "base/source.hpp"

namespace gateway {

Catalogue contract_catalogue();
// The same tables, with not one column that may be read.
Catalogue forbidden_catalogue();

}  // namespace gateway
