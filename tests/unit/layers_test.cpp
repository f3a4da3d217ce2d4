// The house rules of gateway/: folders are layers, a file includes its own layer and those below it, and no file is so long
// that it has more than one subject.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"

namespace gateway {
namespace {

// From the bottom up; files of gateway/ itself are on top of all.
constexpr std::array layers{"base",    "settings", "ask",   "datasets", "declared", "cache", "publish",
                            "replica", "run",      "serve", "check",    "commands", ""};
constexpr std::size_t longest = 250;

struct SourceFile {
  std::string path, folder;
  std::vector<std::string> lines;
};

std::vector<SourceFile> source_files() {
  const std::filesystem::path top = GATEWAY_DIRECTORY;
  std::vector<SourceFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
    const std::set<std::string> extensions{".cpp", ".hpp", ".sql", ".yaml"};
    if (!extensions.contains(entry.path().extension())) continue;
    const auto path = std::filesystem::relative(entry.path(), top);
    SourceFile file{.path = path.string(), .folder = path.parent_path().string(), .lines = {}};
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);) file.lines.push_back(line);
    files.push_back(std::move(file));
  }
  return files;
}

std::size_t layer_of(const std::string& folder) { return static_cast<std::size_t>(std::ranges::find(layers, folder) - layers.begin()); }

// The folder of a header of ours that the line includes; nothing for other lines.
std::optional<std::string> included_folder(const std::string& line) {
  constexpr std::string_view include = "#include \"";
  if (!line.starts_with(include)) return std::nullopt;
  return std::filesystem::path(line.substr(include.size(), line.rfind('"') - include.size())).parent_path().string();
}

TEST(Layers, a_file_includes_its_own_layer_and_those_below) {
  std::size_t includes = 0;
  for (const auto& file : source_files()) {
    if (file.path.ends_with(".sql") || file.path.ends_with(".yaml")) continue;
    const auto own = layer_of(file.folder);
    ASSERT_LT(own, layers.size()) << file.path << " is in a folder that is no layer";
    for (const auto& line : file.lines) {
      const auto folder = included_folder(line);
      if (!folder || folder->empty()) continue;  // version.hpp, which is generated
      ++includes;
      ASSERT_LT(layer_of(*folder), layers.size()) << file.path << ": " << line;
      EXPECT_LE(layer_of(*folder), own) << file.path << ": " << line;
    }
  }
  EXPECT_GT(includes, 100U) << "nothing was found to look at";
}

TEST(Layers, no_file_has_more_than_250_lines) {
  for (const auto& file : source_files()) EXPECT_LE(file.lines.size(), longest) << file.path;
}

}  // namespace
}  // namespace gateway
