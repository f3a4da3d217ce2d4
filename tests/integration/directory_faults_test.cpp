// The cache's directory becomes read-only, or its disk is full. The gateway says which and goes on, readers keep the last
// good file, and publishing resumes by itself. It runs in a mount namespace of its own, on a small disk in memory: no
// right on the machine is needed, nothing is left behind, and root, who is above directory modes, is stopped as well.
#include <fmt/format.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class DirectoryFaults : public Integration {
 protected:
  // `first`: shell words to run inside, before the gateway starts.
  void start_in_namespace(const std::string& first = "true") {
    start_gateway({"unshare", "--user", "--map-root-user", "--mount", "--propagation", "private", "sh", "-c",
                   "mount -t tmpfs -o size=4m,mode=755 tmpfs \"$0\" && " + first + " && exec \"$@\"", directory().string()});
  }

  // The file's bytes, through the namespace's own eyes, and read from a copy.
  std::string inside(const std::string& sql) const {
    const auto copy = directory().parent_path() / "copy.db";
    std::ofstream(copy, std::ios::binary) << in_namespace({"cat", cache().string()}).output;
    return Reader(copy).text(sql);
  }

  Finished in_namespace(const std::vector<std::string>& words) const {
    std::vector<std::string> all{"nsenter", "-t", std::to_string(gateway().pid()), "-U", "-m", "--preserve-credentials"};
    all.insert(all.end(), words.begin(), words.end());
    return run(all);
  }

  void do_inside(const std::string& words) const {
    const auto done = in_namespace({"sh", "-c", words, directory().string()});
    ASSERT_EQ(done.code, 0) << words << ": " << done.errors;
  }

  ::testing::AssertionResult publishes() const {
    return eventually([&] { return inside("SELECT freshness, rows FROM source_status WHERE source = 'postgres.signals'"); }, "fresh|3");
  }

  ::testing::AssertionResult says(const std::string& what) const {
    return eventually_contains([&] { return gateway().logged("publish_failed") > 0 ? gateway().log() : std::string("no publish_failed"); },
                               what);
  }

  ::testing::AssertionResult publishes_more_than(std::int64_t count) const {
    return eventually([&] { return std::stoll(inside("SELECT publish_count FROM gateway")) > count; });
  }

  void expect_the_last_good_file() const {
    EXPECT_EQ(inside("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(inside("SELECT count(*) FROM recent_signals"), "3");
    ASSERT_TRUE(eventually([&] { return inside("SELECT freshness FROM source_status WHERE source = 'postgres.signals'"); }, "stale"))
        << "a file that is published no more grows old in readers' eyes";
    EXPECT_TRUE(gateway().running());
    EXPECT_LE(gateway().logged("publish_failed"), 3) << "not at every attempt: " << gateway().log();
  }

  DirectoryFaults() { insert_signals(upstreams, "momentum", 1, 3); }

  const std::string make_read_only = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
  const std::string make_writable = "umount \"$0\"";
};

TEST_F(DirectoryFaults, AFullDiskIsSaidAndOutlived) {
  start_in_namespace();
  ASSERT_TRUE(publishes());
  do_inside("cat /dev/zero > \"$0/filler\" 2>/dev/null; rm -f \"$0/cache.db.next\"; cat /dev/zero >> \"$0/filler\" 2>/dev/null; true");
  ASSERT_TRUE(says("full"));
  const auto count = std::stoll(inside("SELECT publish_count FROM gateway"));
  expect_the_last_good_file();
  do_inside("rm \"$0/filler\"");
  ASSERT_TRUE(publishes_more_than(count));
  ASSERT_TRUE(publishes());
  ASSERT_TRUE(eventually([&] { return gateway().logged("publish_recovered") == 1; }));
  EXPECT_EQ(gateway().terminate(), 0);
}

TEST_F(DirectoryFaults, AReadOnlyDirectoryIsSaidAndOutlived) {
  start_in_namespace();
  ASSERT_TRUE(publishes());
  do_inside(make_read_only);
  ASSERT_TRUE(says("cache.db"));
  const auto count = std::stoll(inside("SELECT publish_count FROM gateway"));
  expect_the_last_good_file();
  do_inside(make_writable);
  ASSERT_TRUE(publishes_more_than(count));
  ASSERT_TRUE(publishes());
  ASSERT_TRUE(eventually([&] { return gateway().logged("publish_recovered") == 1; }));
}

TEST_F(DirectoryFaults, ADirectoryThatIsReadOnlyAtTheStartMayBeMendedLater) {
  start_in_namespace(make_read_only);
  ASSERT_TRUE(says("Read-only file system"));
  EXPECT_TRUE(gateway().running());
  do_inside(make_writable);
  ASSERT_TRUE(publishes());
  ASSERT_TRUE(eventually([&] { return gateway().logged("publish_recovered") == 1; }));
}

TEST_F(DirectoryFaults, ADiskThatIsFullAtTheStartMayBeMendedLater) {
  start_in_namespace("{ cat /dev/zero > \"$0/filler\" 2>/dev/null; true; }");
  ASSERT_TRUE(eventually([&] { return gateway().logged("publish_failed") > 0; }));
  EXPECT_TRUE(gateway().running());
  do_inside("rm \"$0/filler\"");
  ASSERT_TRUE(publishes());
}

}  // namespace
}  // namespace integration
