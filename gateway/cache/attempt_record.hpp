// What is noted of every attempt besides the rows it brought: how its sources fare, errors, outages.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/source.hpp"
#include "cache/database.hpp"

namespace gateway {

// What the scheduler knows of an attempt beyond its outcomes.
struct AttemptReport {
  std::string upstream;
  std::int64_t next_attempt_at = 0;
  int failures_for_outage = 2;                  // `once` opens an outage at the first
  std::map<std::string, double> failing_for_s;  // per source, by a steady clock
  std::optional<std::int64_t> next_probe_at;    // of its `.health`, where that is not next_attempt_at
  bool judges_upstream = true;                  // false: datasets of files alone were asked, which open and end no outage
};

// One source's outcome. `error`: what went wrong, also when it was only found while storing. Whether people see more of it than that
// there was an attempt.
bool record_attempt(Database& database, const Outcome& outcome, const std::optional<Error>& error, const Source& source,
                    const AttemptReport& report);
// An error counts once a poll, however many of its sources meet it. An absent table or endpoint is none.
void record_errors(Database& database, std::span<const Outcome> outcomes, std::span<const std::optional<Error>> errors,
                   const AttemptReport& report);
// Opens or ends the upstream's outage; whether it did.
bool record_outage(Database& database, std::span<const Outcome> outcomes, const AttemptReport& report);

}  // namespace gateway
