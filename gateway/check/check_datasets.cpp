#include "check/check_datasets.hpp"

#include <fmt/format.h>

#include "run/declared_datasets.hpp"

namespace gateway {

Findings check_datasets(const Settings& settings) {
  Findings all;
  const auto declared = read_datasets(settings);
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
