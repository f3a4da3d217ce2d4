// docs/coverage.md names for each thing asked for where it is on a dashboard and which test holds it: each thing stands
// there once, and what it names exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "reader/dashboard.hpp"

namespace grafana {
namespace {

struct Item {
  std::string id, line;
};

std::string content(const std::filesystem::path& file) {
  const std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Rows of its tables: | US1-1 | dashboard | panels | tests |. Names stand in backquotes.
std::vector<Item> items() {
  static const std::regex row(R"(\|\s*((US[1-7]-[1-9]|FR-0\d\d|SC-0\d\d|EC-\d{1,2}))\s*\|(.*))");
  std::vector<Item> all;
  std::istringstream lines(content(COVERAGE_FILE));
  std::string line;
  while (std::getline(lines, line)) {
    std::smatch found;
    if (std::regex_match(line, found, row)) all.push_back({found[1].str(), found[3].str()});
  }
  return all;
}

std::set<std::string> asked_for() {
  std::set<std::string> ids;
  const std::map<int, int> scenarios{{1, 4}, {2, 4}, {3, 4}, {4, 4}, {5, 4}, {6, 4}, {7, 6}};
  for (const auto& [story, count] : scenarios) {
    for (int i = 1; i <= count; ++i) ids.insert("US" + std::to_string(story) + "-" + std::to_string(i));
  }
  const auto numbered = [&](const std::string& prefix, int count, int digits) {
    for (int i = 1; i <= count; ++i) {
      auto number = std::to_string(i);
      ids.insert(
          prefix +
          std::string(static_cast<std::size_t>(digits) - std::min<std::size_t>(number.size(), static_cast<std::size_t>(digits)), '0') +
          number);
    }
  };
  numbered("EC-", 9, 1);
  numbered("FR-", 21, 3);
  numbered("SC-", 11, 3);
  return ids;
}

std::set<std::string> names_of_tests() {
  static const std::regex of_cpp(R"(TEST(_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))"),
      of_scripts(R"(^\s*(?:await\s+)?(check|test)\(\s*['"`]([^'"`]+)['"`])", std::regex::multiline);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TESTS_DIRECTORY)) {
    const auto extension = entry.path().extension();
    if (entry.path().string().find("node_modules") != std::string::npos) continue;
    const auto text = extension == ".cpp" || extension == ".mjs" ? content(entry.path()) : std::string();
    for (std::sregex_iterator at(text.begin(), text.end(), of_cpp), end; at != end; ++at)
      names.insert((*at)[2].str() + "." + (*at)[3].str());
    for (std::sregex_iterator at(text.begin(), text.end(), of_scripts), end; at != end; ++at) names.insert((*at)[2].str());
  }
  return names;
}

TEST(GrafanaCoverage, everything_asked_for_stands_there_once) {
  std::map<std::string, int> count;
  for (const auto& item : items()) ++count[item.id];
  for (const auto& id : asked_for()) EXPECT_EQ(count[id], 1) << id;
  for (const auto& [id, times] : count) EXPECT_TRUE(asked_for().contains(id)) << id << " was not asked for";
}

// `signals/3` is panel 3 of dashboard signals; `signals` the whole of it.
TEST(GrafanaCoverage, dashboards_and_panels_it_names_exist) {
  static const std::regex quoted(R"(`([a-z][a-z-]*)(/(\d+))?`)");
  for (const auto& item : items()) {
    SCOPED_TRACE(item.id);
    const auto first_cell = item.line.substr(0, item.line.rfind('|', item.line.size() - 2));
    for (std::sregex_iterator at(first_cell.begin(), first_cell.end(), quoted), end; at != end; ++at) {
      const auto* found = dashboard((*at)[1].str());
      if (!(*at)[3].matched) continue;  // may be a word of another kind
      ASSERT_NE(found, nullptr) << at->str();
      EXPECT_NE(found->panel(std::stoll((*at)[3].str())), nullptr) << at->str();
    }
  }
}

TEST(GrafanaCoverage, every_item_names_a_test_and_the_tests_exist) {
  static const std::regex test_name(R"(`([A-Z]\w+\.\w+|live: [^`]+)`)");
  const auto tests = names_of_tests();
  for (const auto& item : items()) {
    SCOPED_TRACE(item.id);
    int named = 0;
    for (std::sregex_iterator at(item.line.begin(), item.line.end(), test_name), end; at != end; ++at) {
      ++named;
      EXPECT_TRUE(tests.contains((*at)[1].str())) << at->str();
    }
    EXPECT_GT(named, 0);
  }
}

}  // namespace
}  // namespace grafana
