// A CACHE_MODE for fewer readers counts for the files of earlier runs, and for nothing that is not ours.
#include "cache/earlier_modes.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support.hpp"

namespace gateway {
namespace {

class EarlierModes : public ::testing::Test {
 protected:
  void make(const std::string& name, mode_t mode) {
    write_file(directory_ / name, "content");
    ASSERT_EQ(::chmod((directory_ / name).c_str(), mode), 0);
  }
  mode_t mode(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::stat((directory_ / name).c_str(), &status), 0) << name;
    return status.st_mode & 07777U;
  }

  TemporaryDirectory directory_;
};

TEST_F(EarlierModes, are_narrowed_and_never_widened) {
  make("cache.db", 0444);
  make("cache.db.saved", 0440);
  make("cache.db.aside-1", 0400);
  narrow_earlier_modes(directory_ / "cache.db", 0440);
  EXPECT_EQ(mode("cache.db"), 0440U);
  EXPECT_EQ(mode("cache.db.saved"), 0440U);
  EXPECT_EQ(mode("cache.db.aside-1"), 0400U);
}

TEST_F(EarlierModes, of_what_was_never_published_stay) {
  make("cache.db.notes", 0644);
  make("other.db", 0444);
  make("victim", 0444);
  std::filesystem::create_symlink("victim", directory_ / "cache.db");
  std::filesystem::create_directory(directory_ / "cache.db.saved");
  narrow_earlier_modes(directory_ / "cache.db", 0400);
  EXPECT_EQ(mode("cache.db.notes"), 0644U);
  EXPECT_EQ(mode("other.db"), 0444U);
  EXPECT_EQ(mode("victim"), 0444U);
}

TEST_F(EarlierModes, without_a_directory_nothing_happens) {
  EXPECT_NO_THROW(narrow_earlier_modes(directory_ / "absent" / "cache.db", 0400));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "absent"));
}

}  // namespace
}  // namespace gateway
