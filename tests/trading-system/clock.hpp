// Times and the ways the services write them. Each service has its own habit (no zone, Z, an offset, six digits or
// none), and readers must cope with all of them, so the habits are kept apart here by name.
#pragma once

#include <chrono>
#include <string>

namespace trading {

using Clock = std::chrono::system_clock;
using Time = Clock::time_point;

double unix_seconds(Time time);

std::string sql_time(Time time);    // 2025-12-01 10:00:00.123456, UTC without saying so
std::string naive_iso(Time time);   // 2025-12-01T10:00:00.123456
std::string zulu_iso(Time time);    // ...Z
std::string offset_iso(Time time);  // ...+00:00

// PostgreSQL's text of a timestamp as the services' JSON shows it.
std::string iso_from_sql(std::string text);

}  // namespace trading
