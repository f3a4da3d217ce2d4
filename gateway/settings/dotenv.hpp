// The text of a .env file, read by the rules of Docker Compose (compose-go), so that a file means the same to the gateway
// in a container and outside of one. What Compose would take in a way that surprises is an error instead: text after a
// closing quote, a name without a value, a comment that Compose would make part of the value.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings/interpolation.hpp"

namespace gateway {

struct DotenvError {
  int line = 0;
  std::string text;  // shows no value
};

struct Dotenv {
  std::map<std::string, std::string> values;
  std::vector<DotenvError> warnings;  // references to variables that are not set: Compose warns, too, and takes nothing
};

// `environment` wins over the file where one value refers to another.
std::expected<Dotenv, DotenvError> parse_dotenv(std::string_view text, const Lookup& environment);

}  // namespace gateway
