// schema.sql and datasets/*.sql, put together and compiled in.
#pragma once

namespace gateway {

extern const char* const schema_sql;

}  // namespace gateway
