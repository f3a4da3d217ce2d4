// One line per event, as text for people or as JSON for machines, on standard error. Logging never waits for the reader: lines
// that it does not take in time are dropped and counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gateway {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view name;
  std::string value;
};

// Once, before the first line; without it: info, text.
void set_up_log(const std::string& level, bool json);

// `event` is a short constant name ("source_failed"); thread-safe.
void log(Level level, std::string_view event, std::initializer_list<Field> fields);

// Lines dropped since the start.
std::uint64_t dropped_log_lines();

// Before the process ends: waits a moment for the reader to take what is left.
void finish_log();

}  // namespace gateway
