// CACHE_MODE: who may read the cache. What is published, saved and moved aside has that mode, with the groups of
// docker-compose.yml too: Grafana reads the file, and can neither open the lock nor write.
#include <fmt/format.h>
#include <sys/stat.h>

#include "shared_directory.hpp"

namespace security {
namespace {

using integration::eventually;

const std::string grafana = "--reuid=472 --regid=0 --groups=10002", nobody = "--reuid=65534 --regid=65534 --clear-groups";

class CacheMode : public SharedDirectory {
 protected:
  struct stat of(const std::filesystem::path& file) const {
    struct stat status{};
    EXPECT_EQ(::lstat(file.c_str(), &status), 0) << file;
    return status;
  }
  // All that has rows in it.
  std::vector<std::filesystem::path> caches() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path() != beside(".lock")) found.push_back(entry.path());
    }
    return found;
  }
  void publish_save_and_move_aside() {
    start_and_publish();
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(beside(".saved")); }));
    gateway_->terminate();
    std::filesystem::resize_file(cache_, std::filesystem::file_size(cache_) - 4096);
    start_and_publish();
    gateway_->terminate();
  }
};

TEST_P(CacheMode, ClosesTheCacheToAllButItsGroup) {
  run_as(container);
  settings_["CACHE_MODE"] = "0440";
  ASSERT_NO_FATAL_FAILURE(publish_save_and_move_aside());
  ASSERT_GE(caches().size(), 3U) << "published, saved, moved aside";
  for (const auto& file : caches()) {
    const auto name = file.filename().string();
    EXPECT_EQ(of(file).st_mode & 07777, 0440U) << name;
    EXPECT_EQ(of(file).st_gid, 10002U) << name;
    EXPECT_EQ(as(grafana, "cat " + name).code, 0) << name;
    EXPECT_NE(as(grafana, ": >>" + name).code, 0) << name;
    EXPECT_NE(as(nobody, "cat " + name).code, 0) << name;
  }
  EXPECT_EQ(of(beside(".lock")).st_gid, 10001U);
  EXPECT_NE(as(grafana, "exec 9<cache.db.lock").code, 0) << "Grafana could keep the gateway from starting";
  EXPECT_NE(as(grafana, "mv cache.db gone").code, 0);
}

// The group of a new lock file is that of the reader, until it is changed.
TEST_P(CacheMode, ANewLockIsNeverOpenToTheReadersGroup) {
  run_as(container);
  std::filesystem::remove(beside(".lock"));
  start_and_publish();
  EXPECT_EQ(of(beside(".lock")).st_gid, 10001U);
  EXPECT_EQ(of(beside(".lock")).st_mode & 07777, 0660U);
}

TEST_P(CacheMode, ClosesWhatWasOpenBefore) {
  ASSERT_NO_FATAL_FAILURE(publish_save_and_move_aside());
  EXPECT_EQ(as(nobody, "cat cache.db.aside-*").code, 0);
  ASSERT_EQ(integration::run({"touch", (directory_ / "cache.db.notes").string()}, {{"PATH", "/usr/bin:/bin"}}).code, 0);
  std::filesystem::permissions(directory_ / "cache.db.notes", std::filesystem::perms{0644});
  settings_["CACHE_MODE"] = "0400";
  settings_["SAVE_INTERVAL"] = "1h";  // not by saving anew
  start_and_publish();
  for (const auto& file : caches()) {
    if (file == directory_ / "cache.db.notes") EXPECT_EQ(of(file).st_mode & 07777, 0644U) << "it is somebody's";
    else EXPECT_EQ(of(file).st_mode & 07777, 0400U) << file;
  }
}

TEST_P(CacheMode, StatusShowsItAndSaysWhyItCannotRead) {
  run_as(container);
  settings_["CACHE_MODE"] = "0440";
  start_and_publish();
  const auto status = [&](const std::string& who) { return as(who, fmt::format("CACHE_PATH=cache.db {} status", CACHE_GATEWAY)); };
  EXPECT_NE(status(grafana).output.find("mode 0440"), std::string::npos);
  const auto refused = status(nobody);
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.errors.find("Permission denied: a regular file, mode 0440, owner 10001:10002"), std::string::npos) << refused.errors;
}

INSTANTIATE_TEST_SUITE_P(Umask, CacheMode, ::testing::Values("077", "000"));

}  // namespace
}  // namespace security
