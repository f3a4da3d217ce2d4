// The caches that every dashboard must bear, each made by the gateway's own code in a directory that goes away with the
// process. Made when first asked for; "now" is when that was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace grafana {

struct Cache {
  std::string name;
  std::filesystem::path file;
  std::int64_t now = 0;
};

// schema_only, never_fetched, demo, without_<source> for each source, all_stale, all_refused, gateway_dead, planned_outage,
// no_datasets, old_deployment, hostile, ten_thousand_queues.
std::vector<std::string> cache_names();
const Cache& cache(const std::string& name);
// Makes one in a place of the caller's. `stays_fresh_s`: how long what is fresh shall stay so.
void make_cache(const std::string& name, const std::filesystem::path& file, std::int64_t now, std::int64_t stays_fresh_s = 1800);

std::vector<std::string> source_names();
// Nothing in it is fresh, or was ever.
bool knows_nothing_now(const std::string& cache_name);

}  // namespace grafana
