// The gateway at work without its network: real settings, real sources and their mappings, the real store and publish;
// only the answers come from a World, and the clock from the caller.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/store.hpp"
#include "declared/files.hpp"
#include "settings/settings.hpp"
#include "unit/contract_catalogue.hpp"
#include "world.hpp"

namespace grafana {

// What goes wrong with a source at a time; nullopt: nothing.
using Fault = std::function<std::optional<gateway::Error>(const std::string& source, std::int64_t at)>;
Fault no_fault();

class Polling {
 public:
  // `variables` over those of a system with everything configured.
  Polling(World world, Fault fault, const std::map<std::string, std::string>& variables = {});

  const World& world() const { return world_; }
  const std::vector<gateway::Source>& sources() const { return sources_; }
  gateway::Store& store() { return store_; }

  void start(std::int64_t at);
  // One attempt at every upstream.
  void poll(std::int64_t at);
  void poll_from(std::int64_t from, std::int64_t to, std::int64_t every_s);
  // Writes what an attempt at this source might have brought, as the gateway writes it.
  void write(const std::string& source, gateway::Batch batch, std::int64_t at);
  void publish(const std::filesystem::path& file, std::int64_t at);

 private:
  gateway::Outcome attempt(const gateway::Source& source, std::int64_t at);

  World world_;
  Fault fault_;
  gateway::Settings settings_;
  gateway::DeclaredDatasets declared_;
  std::vector<gateway::Source> sources_;
  std::vector<gateway::SourceSetup> setups_;
  std::vector<std::string> upstreams_;  // in the order of their first source
  gateway::Catalogue catalogue_ = gateway::contract_catalogue();
  gateway::Store store_;
  std::map<std::string, std::int64_t> succeeded_at_;
  std::int64_t started_at_ = 0, count_ = 0;
};

}  // namespace grafana
