#include "run/declared_datasets.hpp"

#include <algorithm>

#include "cache/store.hpp"
#include "datasets/datasets.hpp"
#include "declared/source.hpp"
#include "settings/object_store.hpp"

namespace gateway {
namespace {

bool is_on(const std::string& upstream, const Settings& settings) {
  const auto service = std::ranges::find(settings.services, upstream, &ServiceSettings::name);
  return service == settings.services.end() || service->url.has_value();
}

std::optional<std::string> fault_of_schema(std::vector<std::shared_ptr<const Declared>> datasets) {
  try {
    const Store trial({.datasets = std::move(datasets), .faulty = {}, .upstreams = {}});
    return std::nullopt;
  } catch (const std::exception& e) {
    return e.what();
  }
}

std::optional<std::string> not_set(const std::string&) { return std::nullopt; }

std::set<std::string> names_of_settings() {
  SettingsReader reader(not_set);
  read_settings(reader);
  read_object_store(reader);
  std::set<std::string> names;
  for (const auto& [name, _] : reader.variables()) names.insert(name);
  return names;
}

}  // namespace

Surroundings surroundings_of(const Settings& settings) {
  Surroundings around{.upstreams = {{"postgres", true}, {"rabbitmq", false}},
                      .refused = {},
                      .taken = {},
                      .environment = settings.environment ? settings.environment : not_set,
                      .settings = names_of_settings()};
  for (const auto& service : settings.services) {
    // A name that a probe of TCP has is taken, too.
    if (service.tcp) around.refused.emplace(service.name, "it is probed by TCP alone");
    else around.upstreams.emplace(service.name, false);
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

Settings with_upstreams_of(const DeclaredDatasets& declared, Settings settings) {
  for (const auto& upstream : declared.upstreams) {
    if (upstream.database) {
      auto& at = settings.databases.emplace_back(upstream.name, *upstream.database).at;
      at.pace = upstream.pace(settings.postgres.pace);
      settings.secrets.push_back(at.password);
    } else {
      auto& service = settings.services.emplace_back(*upstream.service);
      service.pace = upstream.pace(settings.services_pace);
      settings.secrets.push_back(service.api_key);
    }
  }
  return settings;
}

std::vector<Source> sources_of(const Settings& settings, const DeclaredDatasets& declared) {
  auto sources = all_sources(settings);
  for (const auto& dataset : declared.datasets) {
    // An upstream of a file has no built-in dataset that one of these could delay.
    const bool own = std::ranges::find(declared.upstreams, dataset->upstream, &DeclaredUpstream::name) != declared.upstreams.end();
    sources.push_back(
        source_of(dataset, {.most_bytes = settings.cache_max_size, .on = is_on(dataset->upstream, settings), .in_own_lane = !own}));
  }
  return sources;
}

}  // namespace gateway
