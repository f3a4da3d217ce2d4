// A further upstream as a file declares it: a PostgreSQL database, or a service that answers with JSON over HTTP.
// docs/datasets.md explains each key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "declared/dataset.hpp"
#include "settings/settings.hpp"

namespace gateway {

// One of `database` and `service` is there. Their paces are empty: see pace().
struct DeclaredUpstream {
  std::string file, name;
  std::optional<PostgresSettings> database;
  std::optional<ServiceSettings> service;
  std::string secret;  // the setting that has it; empty: none
  std::optional<Milliseconds> interval, timeout, stale_after;

  // `usual`: of the built-in upstreams of its kind.
  Pace pace(const Pace& usual) const;
  // For people: where it is and who we are there, without the secret.
  std::string shown() const;
};

// Whether the file is meant as one; of bytes that are no YAML as far as its lines tell.
bool declares_upstream(std::string_view text);

// One file's text as an upstream. With faults, `name` is there if it could be read.
struct ReadUpstream {
  DeclaredUpstream upstream;
  std::vector<Fault> faults;
};
ReadUpstream read_upstream(const std::string& file, std::string_view text, const Surroundings& surroundings);

}  // namespace gateway
