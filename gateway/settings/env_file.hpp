// Where the values of variables come from: the environment, and a .env file below it.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace gateway {

// Where a variable's value is looked up; nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

Environment process_environment();
// Lines of KEY=VALUE; `export`, comments and quotes as in a shell. The overlay wins over the file.
std::expected<Environment, std::string> environment_file(const std::filesystem::path& file, Environment overlay);

}  // namespace gateway
