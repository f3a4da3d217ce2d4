#include "private_server.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "scratch.hpp"

namespace integration {

PrivateServer::PrivateServer(std::string name, const std::string& end, Variables environment)
    : name_(std::move(name)),
      environment_(std::move(environment)),
      directory_(new_directory(std::filesystem::temp_directory_path(), name_)),
      guardian_(end + R"(; rm -rf -- "$2")", {std::string(UPSTREAM_SCRIPTS) + "/" + name_, directory_.string()}) {}

std::string PrivateServer::script(const std::string& command, const std::vector<std::string>& arguments, const Variables& more) const {
  std::vector<std::string> words{std::string(UPSTREAM_SCRIPTS) + "/" + name_, command, directory_.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto environment = more;
  environment.insert(environment_.begin(), environment_.end());
  const auto done = run(words, environment);
  if (done.code != 0) throw std::runtime_error(fmt::format("{} {}: {}{}", name_, command, done.errors, done.output));
  return done.output;
}

}  // namespace integration
