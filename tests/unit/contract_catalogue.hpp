// What the read-only role sees of a trading system with all its migrations, as tests/trading-system/schema.sql has it.
#pragma once

#include "base/source.hpp"

namespace gateway {

const Catalogue& contract_catalogue();
// The same tables, with not one column that may be read.
const Catalogue& forbidden_catalogue();

}  // namespace gateway
