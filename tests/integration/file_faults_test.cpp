// What hands and accidents do to the published file and beside it: strays of other programs, a switch to WAL, random
// bytes, a removal. Readers get a good file again with the next publish, and what was there and good is not lost.
#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "support/fixture.hpp"

namespace integration {
namespace {

class FileFaults : public Integration {
 protected:
  FileFaults() { insert_signals(upstreams, "momentum", 1, 3); }

  void start_and_wait() {
    start_gateway();
    ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  }

  // The cache as it shall be after the gateway has published twice more.
  void expect_good_again() {
    const auto count = reader.text("SELECT started_at FROM gateway WHERE 0");  // opens, or throws
    static_cast<void>(count);
    EXPECT_EQ(reader.text("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
    const auto header = content(cache()).substr(0, 20);
    ASSERT_EQ(header.size(), 20U);
    EXPECT_EQ(header[18], 1) << "not WAL";
    EXPECT_EQ(header[19], 1) << "not WAL";
    struct stat status{};
    ASSERT_EQ(::stat(cache().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0444U);
  }

  ::testing::AssertionResult publishes_again() const {
    const auto before = version_of_file();
    return eventually([&] { return std::filesystem::exists(cache()) && version_of_file() != before; });
  }

  std::vector<std::string> aside() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.path().filename().string().find("aside") != std::string::npos) found.push_back(content(entry.path()));
    }
    return found;
  }

  std::filesystem::path beside(const std::string& suffix) const { return cache().string() + suffix; }

  static std::string random_bytes(std::size_t count) {
    std::minstd_rand random(7);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(random() & 0xff);
    return bytes;
  }

  void replace(const std::string& bytes) const {
    std::filesystem::remove(cache());
    std::ofstream(cache(), std::ios::binary) << bytes;
  }

  // As somebody who insists does by hand.
  void switch_to_wal() const {
    ::chmod(cache().c_str(), 0644);
    SQLite::Database database(cache().string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE scribble (x); INSERT INTO scribble VALUES (1);");
  }
};

TEST_F(FileFaults, StrayFilesBesideItAreRemoved) {
  for (const char* suffix : {"-journal", "-wal", "-shm"}) std::ofstream(beside(suffix)) << random_bytes(5000);
  start_and_wait();
  for (const char* suffix : {"-journal", "-wal", "-shm"}) {
    EXPECT_FALSE(std::filesystem::exists(beside(suffix))) << suffix;
    std::ofstream(beside(suffix)) << random_bytes(5000);
    EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3") << suffix;
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(beside(suffix)); })) << suffix;
  }
  expect_good_again();
}

TEST_F(FileFaults, ASwitchToWalWhileItRunsIsUndone) {
  start_and_wait();
  switch_to_wal();
  ASSERT_TRUE(publishes_again());
  expect_good_again();
  EXPECT_EQ(reader.text("SELECT count(*) FROM sqlite_schema WHERE name = 'scribble'"), "0");
  EXPECT_FALSE(std::filesystem::exists(beside("-wal")));
}

TEST_F(FileFaults, ASwitchToWalBeforeItStartsLosesNothing) {
  start_and_wait();
  gateway().kill();
  switch_to_wal();
  upstreams.postgres().stop();
  start_gateway();
  ASSERT_TRUE(publishes_again());
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class"), "refused"));
  expect_good_again();
}

TEST_F(FileFaults, RandomBytesBeforeTheStartAreSetAside) {
  const auto bytes = random_bytes(20000);
  replace(bytes);
  start_and_wait();
  expect_good_again();
  EXPECT_EQ(aside(), std::vector<std::string>{bytes});
  EXPECT_GE(gateway().logged("cache_set_aside"), 1) << gateway().log();
}

TEST_F(FileFaults, AnEmptyFileBeforeTheStartIsNoHindrance) {
  replace("");
  start_and_wait();
  expect_good_again();
}

TEST_F(FileFaults, ADamagedFileBeforeTheStartIsSetAside) {
  start_and_wait();
  gateway().kill();
  auto bytes = content(cache());
  for (std::size_t at = 4096; at < bytes.size(); at += 4096) bytes.replace(at, 200, random_bytes(200));
  replace(bytes);
  start_and_wait();
  expect_good_again();
  EXPECT_EQ(aside(), std::vector<std::string>{bytes});
}

TEST_F(FileFaults, ACutFileBeforeTheStartIsSetAside) {
  start_and_wait();
  gateway().kill();
  const auto bytes = content(cache());
  replace(bytes.substr(0, bytes.size() / 2));
  start_and_wait();
  expect_good_again();
  EXPECT_EQ(aside().size(), 1U);
}

TEST_F(FileFaults, AnotherProgramsDatabaseIsSetAside) {
  {
    SQLite::Database database(cache().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE TABLE precious (x); INSERT INTO precious VALUES (42);");
  }
  start_and_wait();
  expect_good_again();
  ASSERT_EQ(aside().size(), 1U);
}

TEST_F(FileFaults, RandomBytesWhileItRunsAreReplaced) {
  start_and_wait();
  replace(random_bytes(20000));
  ASSERT_TRUE(publishes_again());
  expect_good_again();
}

// In place: the very file that readers have open becomes another.
TEST_F(FileFaults, ATruncatedFileWhileItRunsIsReplaced) {
  start_and_wait();
  for (const std::uintmax_t size : {std::filesystem::file_size(cache()) / 2, std::uintmax_t{0}}) {
    ::chmod(cache().c_str(), 0644);
    const auto before = version_of_file();
    std::filesystem::resize_file(cache(), size);
    ASSERT_TRUE(eventually([&] { return std::filesystem::file_size(cache()) > size && version_of_file() != before; }));
    expect_good_again();
  }
}

TEST_F(FileFaults, AnOverwrittenFileWhileItRunsIsReplaced) {
  start_and_wait();
  ::chmod(cache().c_str(), 0644);
  const auto bytes = random_bytes(20000);
  std::ofstream(cache(), std::ios::binary | std::ios::in) << bytes;  // the rest stays
  ASSERT_TRUE(eventually([&] { return content(cache()).substr(0, bytes.size()) != bytes; }));
  expect_good_again();
}

TEST_F(FileFaults, ADirectoryInItsPlaceBeforeTheStartIsMovedAside) {
  std::filesystem::create_directory(cache());
  std::ofstream(cache() / "precious") << "somebody's";
  start_and_wait();
  expect_good_again();
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory()))
    found += content(entry.path()) == "somebody's" ? 1 : 0;
  EXPECT_EQ(found, 1);
}

// As nobody, for root may read everything. A backup that root has restored belongs to root and is for root alone.
class UnprivilegedStart : public FileFaults {
 protected:
  const std::vector<std::string> as_nobody{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};

  // A cache with an event that no upstream has any more.
  std::string restored_by_root() {
    start_and_wait();
    gateway().kill();
    upstreams.reset();
    ::chmod(cache().c_str(), 0600);
    for (const auto* mine : {".lock", ".saved"}) std::filesystem::remove(beside(mine));
    return content(cache());
  }
};

TEST_F(UnprivilegedStart, ACacheThatCannotBeReadIsKeptUnderAnotherName) {
  const auto bytes = restored_by_root();
  std::filesystem::permissions(directory(), std::filesystem::perms::all);
  start_gateway(as_nobody);
  ASSERT_TRUE(eventually([&] { return gateway().logged("cache_set_aside") > 0 && std::filesystem::exists(cache()); })) << gateway().log();
  EXPECT_TRUE(aside() == std::vector<std::string>{bytes});
  EXPECT_TRUE(becomes("postgres.signals", "fresh"));
}

TEST_F(UnprivilegedStart, ACacheThatCannotBeKeptEndsTheStart) {
  const auto bytes = restored_by_root();
  for (const auto mode : {std::filesystem::perms{0755}, std::filesystem::perms{01777}}) {  // the second: sticky, as /tmp
    std::filesystem::permissions(directory(), mode);
    start_gateway(as_nobody);
    EXPECT_EQ(gateway().wait(), 1) << gateway().log();
    for (const auto* words : {"mode 0600, owner 0:0", "uid 65534", "chown"}) EXPECT_GE(gateway().logged(words), 1) << gateway().log();
    EXPECT_TRUE(content(cache()) == bytes);
  }
}

TEST_F(FileFaults, ARemovedFileIsPublishedAgain) {
  start_and_wait();
  std::filesystem::remove(cache());
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(cache()); }));
  expect_good_again();
}

TEST_F(FileFaults, ADirectoryInItsPlaceIsMovedAside) {
  start_and_wait();
  std::filesystem::rename(cache(), beside(".mine"));
  std::filesystem::create_directory(cache());
  ASSERT_TRUE(eventually([&] { return gateway().logged("was not published by this gateway") > 0; })) << gateway().log();
  ASSERT_TRUE(eventually([&] { return std::filesystem::is_regular_file(cache()); }));
  expect_good_again();
}

TEST_F(FileFaults, ABackupThatIsPutThereWhileItRunsIsKept) {
  start_and_wait();
  const auto backup = content(cache());
  std::filesystem::remove(cache());
  std::ofstream(cache(), std::ios::binary) << backup;
  ASSERT_TRUE(eventually([&] { return gateway().logged("was not published by this gateway") > 0; })) << gateway().log();
  EXPECT_TRUE(aside() == std::vector<std::string>{backup});
  expect_good_again();
}

// What a power cut leaves: the name, and nothing or half of the content.
TEST_F(FileFaults, AFileThatDidNotSurviveGivesWayToTheSavedCopy) {
  settings["SAVE_INTERVAL"] = "1s";
  settings["SAVE_BUDGET"] = "1000TB";
  start_and_wait();
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::exists(beside(".saved")) && content(beside(".saved")).size() == content(cache()).size(); }));
  ASSERT_TRUE(
      eventually([&] { return Reader(beside(".saved")).text("SELECT rows FROM source_status WHERE source = 'postgres.signals'") == "3"; }));
  gateway().kill();
  upstreams.postgres().stop();
  for (const auto& left : {std::string(), content(cache()).substr(0, 50000)}) {
    SCOPED_TRACE(left.size());
    gateway().kill();
    replace(left);
    start_gateway();
    ASSERT_TRUE(eventually([&] { return gateway().logged("cache_lost") == 1; })) << gateway().log();
    ASSERT_TRUE(eventually(source("postgres.signals", "rows, error_class"), "3|refused"));
    EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
    EXPECT_EQ(reader.text("SELECT count(*) > 0, max(ended_at IS NULL), max(error LIKE '%lost%') FROM outage WHERE upstream = 'gateway'"),
              "1|0|1");
    expect_good_again();
  }
}

TEST_F(FileFaults, ACleanStopLeavesNothingUnsaved) {
  start_and_wait();
  EXPECT_EQ(gateway().terminate(), 0);
  EXPECT_EQ(reader.text("SELECT unsaved_s, saved_at = published_at FROM gateway"), "0|1");
  EXPECT_EQ(std::filesystem::hard_link_count(cache()), 2U);
  EXPECT_TRUE(content(cache()) == content(beside(".saved")));
}

}  // namespace
}  // namespace integration
