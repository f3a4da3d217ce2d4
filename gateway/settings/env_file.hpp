// Where the values of variables come from: the environment, and a .env file below it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "settings/interpolation.hpp"

namespace gateway {

// Where a variable's value is looked up; nullopt: not set.
using Environment = Lookup;

Environment process_environment();
// The file's values with the overlay above them, or `FILE:LINE: what is wrong`. What is likely to be a mistake but has a
// meaning is added to `warnings`, in the same form. Neither shows a value.
std::expected<Environment, std::string> environment_file(const std::filesystem::path& file, Environment overlay,
                                                         std::vector<std::string>* warnings = nullptr);

}  // namespace gateway
