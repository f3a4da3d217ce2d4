#include "run/declared_datasets.hpp"

#include <algorithm>

#include "cache/store.hpp"
#include "datasets/datasets.hpp"
#include "declared/source.hpp"

namespace gateway {
namespace {

bool is_on(const std::string& upstream, const Settings& settings) {
  const auto service = std::ranges::find(settings.services, upstream, &ServiceSettings::name);
  return service == settings.services.end() || service->url.has_value();
}

std::optional<std::string> fault_of_schema(std::vector<std::shared_ptr<const Declared>> datasets) {
  try {
    const Store trial({.datasets = std::move(datasets), .faulty = {}});
    return std::nullopt;
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace

Surroundings surroundings_of(const Settings& settings) {
  Surroundings around{.upstreams = {{"postgres", true}, {"rabbitmq", false}}, .taken = {}};
  for (const auto& service : settings.services) {
    if (!service.tcp) around.upstreams.emplace(service.name, false);
  }
  for (const auto& row : Store().query("SELECT name FROM sqlite_schema").rows) around.taken.push_back(text_of(row[0]));
  for (const auto& source : all_sources(settings)) around.taken.push_back(source.name.substr(source.name.find('.') + 1));
  return around;
}

DeclaredDatasets read_datasets(const Settings& settings) {
  if (settings.datasets_directory.empty()) return {};
  auto all = read_datasets(settings.datasets_directory, surroundings_of(settings));
  if (all.datasets.empty() || !fault_of_schema(all.datasets)) return all;
  // What only SQLite finds, in all of them together, is one file's fault.
  std::erase_if(all.datasets, [&](const auto& dataset) {
    const auto fault = fault_of_schema({dataset});
    if (fault)
      all.faulty.push_back({dataset->file, dataset->name, dataset->upstream, {{dataset->file, {1, 1}, "SQLite refuses it: " + *fault}}});
    return fault.has_value();
  });
  return all;
}

std::vector<Source> sources_of(const Settings& settings, const DeclaredDatasets& declared) {
  auto sources = all_sources(settings);
  for (const auto& dataset : declared.datasets)
    sources.push_back(source_of(dataset, {.most_bytes = settings.cache_max_size, .on = is_on(dataset->upstream, settings)}));
  return sources;
}

}  // namespace gateway
