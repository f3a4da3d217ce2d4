// What Grafana is told of the cache and of the dashboards, as lines of its YAML: each of these is silently something else
// when it is missing.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace grafana {
namespace {

std::string content(const char* below) {
  const std::ifstream in(std::filesystem::path(PROVISIONING_DIRECTORY) / below, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

bool has_line(const std::string& yaml, const std::string& form) {
  return std::regex_search(yaml, std::regex("(^|\\n)\\s*(- )?" + form + "\\s*(\\n|$)"));
}

TEST(GrafanaProvisioning, the_cache_is_opened_read_only_and_as_a_file_that_never_changes) {
  const auto yaml = content("datasources/cache.yaml");
  EXPECT_TRUE(has_line(yaml, "uid: cache"));
  EXPECT_TRUE(has_line(yaml, "type: frser-sqlite-datasource"));
  EXPECT_TRUE(has_line(yaml, "editable: false"));
  EXPECT_TRUE(has_line(yaml, "pathPrefix: \"file:\""));
  EXPECT_TRUE(has_line(yaml, "pathOptions: \"mode=ro&immutable=1\""));
  EXPECT_TRUE(has_line(yaml, "attachLimit: 0"));
}

TEST(GrafanaProvisioning, the_plugin_accepts_the_path_of_the_cache) {
  std::smatch path;
  const auto yaml = content("datasources/cache.yaml");
  ASSERT_TRUE(std::regex_search(yaml, path, std::regex("\\n\\s*path: (\\S+)")));
  for (const auto* blocked : {".env", "credentials", "grafana.db", ".ssh", "/proc/", "/sys/"})
    EXPECT_EQ(path[1].str().find(blocked), std::string::npos) << path[1].str();
}

TEST(GrafanaProvisioning, dashboards_are_polled_files_that_nobody_edits_in_the_browser) {
  const auto yaml = content("dashboards/trading-system.yaml");
  EXPECT_TRUE(has_line(yaml, "allowUiUpdates: false"));
  EXPECT_TRUE(has_line(yaml, "disableDeletion: false"));
  std::smatch interval;
  ASSERT_TRUE(std::regex_search(yaml, interval, std::regex("updateIntervalSeconds: (\\d+)")));
  EXPECT_GT(std::stoi(interval[1].str()), 10);
}

}  // namespace
}  // namespace grafana
