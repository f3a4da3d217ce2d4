#include "check/check_datasets.hpp"

#include <fmt/format.h>

namespace gateway {

Findings check_datasets(const Settings& settings, const DeclaredDatasets& declared) {
  Findings all;
  for (const auto& upstream : declared.upstreams)
    all.push_back({Grade::good, fmt::format("upstream {} ({}): {}", upstream.name, upstream.file, upstream.shown()), {}});
  for (const auto& d : declared.datasets) {
    const auto what = !d->get.empty() ? "GET " + d->get : !d->table.empty() ? "table " + d->table : std::string("a statement");
    all.push_back({Grade::good,
                   fmt::format("dataset {} ({}): {} of {}, {} columns, key {}", d->name, d->file, what, d->upstream, d->columns.size(),
                               d->key.empty() ? "none, one row" : fmt::format("{}", fmt::join(d->key, ", "))),
                   {}});
  }
  for (const auto& faulty : declared.faulty) {
    for (const auto& fault : faulty.faults)
      all.push_back({Grade::fault, fmt::format("{}/{}", settings.datasets_directory.string(), fault.shown()),
                     "correct the file, then restart the gateway; docs/datasets.md explains each key"});
  }
  return all;
}

}  // namespace gateway
