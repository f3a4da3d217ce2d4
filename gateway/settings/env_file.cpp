#include "settings/env_file.hpp"

#include <cstdlib>
#include <fstream>
#include <map>

#include "base/text.hpp"

namespace gateway {
namespace {

std::optional<std::string> unquoted(std::string_view text) {
  const bool set_off = text.starts_with(' ') || text.starts_with('\t');
  text = trimmed(text);
  if (text.empty() || (set_off && text.front() == '#')) return std::string();
  const char quote = text.front();
  if (quote != '"' && quote != '\'') {
    const auto comment = std::min(text.find(" #"), text.find("\t#"));
    return std::string(trimmed(text.substr(0, comment)));
  }
  const auto end = text.find(quote, 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(1, end - 1));
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::expected<Environment, std::string> environment_file(const std::filesystem::path& file, Environment overlay) {
  std::ifstream in(file);
  if (!in) return std::unexpected(file.string() + ": cannot be read; name an existing .env file");
  std::map<std::string, std::string> values;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    auto rest = trimmed(line);
    if (rest.empty() || rest.front() == '#') continue;
    if (rest.starts_with("export ")) rest = trimmed(rest.substr(7));
    const auto equals = rest.find('=');
    const auto value = equals == std::string_view::npos ? std::nullopt : unquoted(rest.substr(equals + 1));
    if (!value) return std::unexpected(file.string() + ":" + std::to_string(number) + ": write NAME=VALUE, quotes closed");
    values[std::string(trimmed(rest.substr(0, equals)))] = *value;
  }
  return [values = std::move(values), overlay = std::move(overlay)](const std::string& name) -> std::optional<std::string> {
    if (auto set = overlay(name)) return set;
    if (const auto found = values.find(name); found != values.end()) return found->second;
    return std::nullopt;
  };
}

}  // namespace gateway
