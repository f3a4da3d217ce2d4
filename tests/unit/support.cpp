#include "support.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "datasets/datasets.hpp"

namespace gateway {

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Settings settings_of(const Variables& variables) {
  SettingsReader reader(environment_of(variables));
  auto settings = read_settings(reader);
  for (const auto& fault : reader.faults()) throw std::invalid_argument(fault.variable + ": " + fault.remedy);
  return settings;
}

const Settings& fixed_settings() {
  static const auto settings = settings_of({
      {"QUEUE_LAG_IGNORE", "ws-gateway.balance,ws-gateway.liquidation"},
      {"TRADING_STRATEGIES", "momentum_v1"},
      {"BYBIT_ENVIRONMENT", "testnet"},
      {"MODEL_SERVICE_API_KEY", "a-key"},
  });
  return settings;
}

const std::vector<Source>& fixed_sources() {
  static const auto sources = all_sources(fixed_settings());
  return sources;
}

const Source& source_named(const std::string& name) {
  for (const auto& source : fixed_sources()) {
    if (source.name == name) return source;
  }
  throw std::out_of_range("no source " + name);
}

TemporaryDirectory::TemporaryDirectory() {
  auto pattern = (std::filesystem::temp_directory_path() / "gateway-tests-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::string read_file(const std::filesystem::path& file) {
  const std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

std::vector<std::string> listing(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace gateway
