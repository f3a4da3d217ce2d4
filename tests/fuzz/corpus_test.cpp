// Every input of the committed corpus, through the functions that the fuzzer calls. Needs neither clang nor time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "targets.inc"
#undef TARGET

namespace {

struct Target {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

constexpr Target targets[] = {
#define TARGET(name) {#name, fuzz_##name},
#include "targets.inc"
#undef TARGET
};

class Corpus : public ::testing::TestWithParam<Target> {};

INSTANTIATE_TEST_SUITE_P(Targets, Corpus, ::testing::ValuesIn(targets), [](const auto& each) { return std::string(each.param.name); });

TEST_P(Corpus, EveryInputIsTakenCleanly) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(CORPUS) / GetParam().name))
    files.push_back(entry.path());
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    SCOPED_TRACE(file.filename().string());
    // Of exactly its size, so that a sanitizer sees a read beyond the end.
    const std::vector<std::uint8_t> bytes(content.begin(), content.end());
    EXPECT_EQ(GetParam().run(bytes.data(), bytes.size()), 0);
  }
  std::cout << "| corpus of " << GetParam().name << ": " << files.size() << " inputs |\n";
}

TEST_P(Corpus, NoInputAtAllIsTakenCleanly) { EXPECT_EQ(GetParam().run(nullptr, 0), 0); }

}  // namespace
