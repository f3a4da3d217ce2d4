// `check --ask`: one attempt at every source, and what else people trip over at each kind of upstream. Writes nothing.
#pragma once

#include "check/finding.hpp"
#include "declared/files.hpp"
#include "settings/settings.hpp"

namespace gateway {

// Blocks for as long as the slowest upstream's timeout, more or less.
Findings check_upstreams(const Settings& settings, const DeclaredDatasets& declared);

// Of PostgreSQL beyond its sources: a role that may do too much, a clock that differs.
Findings check_postgres_role(const PostgresSettings& settings);
// Of RabbitMQ beyond its sources: the user's tags, vhosts it may not see, statistics that are off, a clock that differs.
Findings check_broker(const Settings& settings);
// Of one service with a /health: a clock that differs.
Findings check_service_clock(const ServiceSettings& service, const Settings& settings);

}  // namespace gateway
