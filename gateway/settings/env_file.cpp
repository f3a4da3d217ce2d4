#include "settings/env_file.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "settings/dotenv.hpp"

namespace gateway {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::expected<Environment, std::string> environment_file(const std::filesystem::path& file, Environment overlay,
                                                         std::vector<std::string>* warnings) {
  std::ifstream in(file, std::ios::binary);
  std::error_code ignored;
  if (!in || std::filesystem::is_directory(file, ignored)) {
    return std::unexpected(fmt::format("{}: cannot be read; name an existing .env file", file.string()));
  }
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  const auto shown = [&](const DotenvError& error) { return fmt::format("{}:{}: {}", file.string(), error.line, error.text); };
  auto parsed = parse_dotenv(content, overlay);
  if (!parsed) return std::unexpected(shown(parsed.error()));
  if (warnings != nullptr) {
    for (const auto& warning : parsed->warnings) warnings->push_back(shown(warning));
  }
  return [values = std::move(parsed->values), overlay = std::move(overlay)](const std::string& name) -> std::optional<std::string> {
    if (auto set = overlay(name)) return set;
    if (const auto found = values.find(name); found != values.end()) return found->second;
    return std::nullopt;
  };
}

}  // namespace gateway
