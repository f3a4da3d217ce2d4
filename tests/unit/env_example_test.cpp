// .env.example is the documentation of all settings: it names each one with the default that the program has, explains
// it, and names nothing that the program does not read. A commented-out line is a default, an active one a starting value.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "settings/object_store.hpp"
#include "settings/settings.hpp"
#include "support.hpp"

namespace gateway {
namespace {

// Variables that docker-compose.yml takes from the environment, as ${NAME} or handed through by name alone.
std::set<std::string> read_by_compose() {
  static const std::regex variable("\\$\\{([A-Z][A-Z0-9_]*)|\n +([A-Z][A-Z0-9_]*):[ ]*(?=\n)");
  std::set<std::string> names{"COMPOSE_PROFILES"};  // read by compose itself
  const auto text = read_file(COMPOSE_FILE);
  for (auto found = std::sregex_iterator(text.begin(), text.end(), variable); found != std::sregex_iterator(); ++found) {
    const auto name = (*found)[1].str() + (*found)[2].str();
    if (!name.ends_with("_FILE")) names.insert(name);  // said once for all secrets
  }
  return names;
}

struct Line {
  std::string name, value;
  bool active = false, explained = false;  // explained: a comment stands above its group of lines
};

std::vector<Line> documented() {
  static const std::regex setting("(#?)([A-Z][A-Z0-9_]*)=(.*)");
  static const std::regex explanation("# .*");
  std::vector<Line> lines;
  std::istringstream text(read_file(ENV_EXAMPLE));
  bool explained = false;
  for (std::string line; std::getline(text, line);) {
    std::smatch found;
    if (std::regex_match(line, found, setting)) {
      lines.push_back({.name = found[2].str(), .value = found[3].str(), .active = found[1].length() == 0, .explained = explained});
    } else {
      explained = std::regex_match(line, explanation) && !line.starts_with("# ---");
      if (!line.empty() && !line.starts_with("#")) ADD_FAILURE() << "neither a setting nor a comment: " << line;
    }
  }
  return lines;
}

std::map<std::string, std::string> asked() {
  SettingsReader reader(environment_of({}));
  read_settings(reader);
  read_object_store(reader);
  return reader.variables();
}

TEST(EnvExample, names_every_setting_with_its_default) {
  std::map<std::string, Line> found;
  for (const auto& line : documented()) found[line.name] = line;
  for (const auto& [name, fallback] : asked()) {
    ASSERT_TRUE(found.contains(name)) << name << " (default " << fallback << ") is not in .env.example";
    // An active line is a starting value: it may fill in what has no default, nothing else.
    if (!found[name].active || !fallback.empty()) {
      EXPECT_EQ(found[name].value, fallback) << name;
    }
  }
}

TEST(EnvExample, names_nothing_else_but_what_compose_reads) {
  const auto known = asked();
  const auto compose = read_by_compose();
  for (const auto& line : documented()) {
    EXPECT_TRUE(known.contains(line.name) || compose.contains(line.name)) << line.name << " is read by nobody";
  }
}

TEST(EnvExample, names_all_that_compose_reads) {
  std::set<std::string> names;
  for (const auto& line : documented()) names.insert(line.name);
  for (const auto& name : read_by_compose()) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(EnvExample, names_nothing_twice) {
  std::set<std::string> seen;
  for (const auto& line : documented()) EXPECT_TRUE(seen.insert(line.name).second) << line.name;
}

TEST(EnvExample, explains_every_setting) {
  for (const auto& line : documented()) {
    EXPECT_TRUE(line.explained) << line.name;
  }
}

TEST(EnvExample, says_how_secrets_are_given_in_files) { EXPECT_NE(read_file(ENV_EXAMPLE).find("X_PASSWORD_FILE"), std::string::npos); }

TEST(EnvExample, a_copy_of_it_has_no_faults_and_changes_nothing) {
  const auto environment = environment_file(ENV_EXAMPLE, environment_of({}));
  ASSERT_TRUE(environment.has_value()) << environment.error();
  SettingsReader reader(*environment);
  const auto settings = read_settings(reader);
  EXPECT_TRUE(reader.faults().empty());
  const auto defaults = settings_of({});
  EXPECT_EQ(settings.services.size(), defaults.services.size());
  for (const auto& service : settings.services) EXPECT_TRUE(service.url.has_value()) << service.name;
  EXPECT_EQ(settings.cache_path, defaults.cache_path);
}

TEST(EnvExample, every_default_in_it_is_a_valid_value) {
  Variables all;
  for (const auto& line : documented()) all[line.name] = line.value;
  SettingsReader reader(environment_of(all));
  read_settings(reader);
  read_object_store(reader);
  for (const auto& fault : reader.faults()) ADD_FAILURE() << fault.variable << ": " << fault.remedy;
}

TEST(EnvExample, secrets_start_empty_or_with_a_known_default) {
  for (const auto& line : documented()) {
    if (!line.name.ends_with("_PASSWORD") && !line.name.ends_with("_API_KEY")) continue;
    EXPECT_TRUE(line.value.empty() || line.value == "guest" || line.value == "admin" || line.value == "demo") << line.name;
  }
}

}  // namespace
}  // namespace gateway
