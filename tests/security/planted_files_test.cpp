// Names in the cache directory that mean something else: links to a private file, FIFOs, directories. Nothing is written or
// read through them, the gateway starts and publishes, and what was planted is out of the way.
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>

#include "shared_directory.hpp"

namespace security {
namespace {

using integration::eventually;

// Planted by root as the attacker's stand-in where the kernel forbids the attacker (hard links to files of others are an attack
// only on systems that allow them).
const std::vector<std::string> plants{"ln -s ../victim {}", "ln -s ../absent {}", "ln ../victim {}",
                                      "mkfifo {}",          "mkdir {}",           "mkdir {0} && echo precious > {0}/x"};

class PlantedFiles : public SharedDirectory {
 protected:
  void plant(const std::string& words, const std::string& name) {
    const auto command = fmt::format("cd '{}' && rm -rf {} && {}", directory_.string(), name, fmt::format(fmt::runtime(words), name));
    // A gateway that runs may have taken the name in between.
    ASSERT_TRUE(eventually([&] { return integration::run({"sh", "-c", command}, {{"PATH", "/usr/bin:/bin"}}).code == 0; })) << command;
  }
  void expect_no_harm() const {
    expect_victim_unharmed();
    expect_good_cache();
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "absent")) << "made through a dangling link";
  }
};

TEST_P(PlantedFiles, BeforeTheStartAreNeitherFollowedNorInTheWay) {
  for (const auto* name : {"cache.db.lock", "cache.db", "cache.db.next", "cache.db.saved", "cache.db.saved.next", "cache.db-journal",
                           "cache.db-wal", "cache.db-shm"}) {
    for (const auto& words : plants) {
      SCOPED_TRACE(name + (": " + words));
      gateway_.reset();
      plant(words, name);
      start_and_publish();
      expect_no_harm();
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(PlantedFiles, WhileItRunsAreNeitherFollowedNorInTheWay) {
  start_and_publish();
  for (const auto* name : {"cache.db", "cache.db.next", "cache.db.saved", "cache.db.saved.next", "cache.db-wal"}) {
    for (const auto& words : plants) {
      SCOPED_TRACE(name + (": " + words));
      plant(words, name);
      ASSERT_TRUE(publishes_again());
      expect_no_harm();
    }
  }
}

// Renaming needs only the directory: one of our own files in the lock's place would be written over.
TEST_P(PlantedFiles, ACacheInPlaceOfTheLockIsNotWrittenOver) {
  start_and_publish();
  gateway_->kill();
  const auto bytes = integration::content(cache_);
  ASSERT_EQ(as(group_member, "mv cache.db cache.db.lock"), 0);
  start_and_publish();
  bool found = false;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) found |= integration::content(entry.path()) == bytes;
  EXPECT_TRUE(found);
}

// Its parent is a link, and leads elsewhere from one moment to the next: what is there already stays as it is.
TEST_P(PlantedFiles, AParentThatBecomesALinkToAnotherDirectoryHarmsNothingThere) {
  const auto theirs = scratch_ / "theirs";
  std::filesystem::create_directory(theirs);
  std::filesystem::rename(victim_, theirs / "cache.db");
  victim_ = theirs / "cache.db";
  std::filesystem::create_directory_symlink(directory_, scratch_ / "link");
  settings_["CACHE_PATH"] = (scratch_ / "link" / "cache.db").string();
  start_and_publish();
  std::filesystem::remove(scratch_ / "link");
  std::filesystem::create_directory_symlink(theirs, scratch_ / "link");
  ASSERT_TRUE(eventually([&] { return log().find("another directory") != std::string::npos; }));
  std::string secret;
  for (const auto& entry : std::filesystem::directory_iterator(theirs)) secret += integration::content(entry.path());
  EXPECT_NE(secret.find("the victim's secret"), std::string::npos) << "it is kept under another name at most";
}

INSTANTIATE_TEST_SUITE_P(Umask, PlantedFiles, ::testing::Values("077", "000"));

}  // namespace
}  // namespace security
