// The published file from outside: which files are good, and what is done with those that are not.
#include "cache/cache_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "cache.hpp"
#include "cache/move_aside.hpp"

namespace gateway {
namespace {

class CacheFile : public ::testing::Test {
 protected:
  // A finished file as the publisher makes it.
  std::filesystem::path published(const std::string& name = "cache.db") {
    Cache cache{{bare_source("one.data")}};
    cache.succeed("one.data", Cache::started);
    const auto file = directory_ / name;
    const auto size = cache.store().copy_to(file, {.published_at = Cache::started, .count = 1, .bytes_before = 0});
    EXPECT_TRUE(size.has_value());
    return file;
  }
  void alter(const std::filesystem::path& file, const std::string& sql) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    database.exec(sql);
  }
  static void overwrite(const std::filesystem::path& file, std::size_t at, const std::string& bytes) {
    auto content = read_file(file);
    content.replace(at, bytes.size(), bytes);
    write_file(file, content);
  }
  static void flag_as_wal(const std::filesystem::path& file) { overwrite(file, 18, "\x02\x02"); }

  TemporaryDirectory directory_;
};

using Inspect = CacheFile;

TEST_F(Inspect, an_absent_file_is_absent) { EXPECT_EQ(inspect(directory_ / "cache.db").state, FileState::absent); }

TEST_F(Inspect, a_published_file_is_good) {
  const auto inspection = inspect(published());
  EXPECT_EQ(inspection.state, FileState::good) << inspection.reason;
  EXPECT_EQ(faults_of_finished(directory_ / "cache.db"), std::nullopt);
}

TEST_F(Inspect, a_file_of_an_older_schema_is_older) {
  alter(published(), "PRAGMA user_version = 0");
  const auto inspection = inspect(directory_ / "cache.db");
  EXPECT_EQ(inspection.state, FileState::older);
  EXPECT_FALSE(inspection.reason.empty());
}

TEST_F(Inspect, a_file_of_a_newer_schema_is_newer) {
  alter(published(), "PRAGMA user_version = 9999");
  EXPECT_EQ(inspect(directory_ / "cache.db").state, FileState::newer);
  EXPECT_NE(faults_of_finished(directory_ / "cache.db"), std::nullopt);
}

TEST_F(Inspect, a_database_of_somebody_else_is_broken) {
  const auto file = directory_ / "other.db";
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x); PRAGMA user_version = 1");
  EXPECT_EQ(inspect(file).state, FileState::broken);
  EXPECT_NE(faults_of_finished(file), std::nullopt);
}

TEST_F(Inspect, random_bytes_are_broken) {
  std::string bytes;
  for (unsigned i = 0; i < 20'000; ++i) bytes.push_back(static_cast<char>((i * 2654435761U) >> 13));
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{100}, std::size_t{20'000}}) {
    write_file(directory_ / "cache.db", bytes.substr(0, length));
    const auto inspection = inspect(directory_ / "cache.db");
    EXPECT_EQ(inspection.state, FileState::broken) << length;
    EXPECT_FALSE(inspection.reason.empty());
    EXPECT_NE(faults_of_finished(directory_ / "cache.db"), std::nullopt) << length;
  }
}

TEST_F(Inspect, a_truncated_file_is_broken_wherever_it_ends) {
  const auto content = read_file(published());
  for (const auto length :
       {content.size() - 1, content.size() - 4096, content.size() / 2, std::size_t{4096}, std::size_t{5000}, std::size_t{512}}) {
    write_file(directory_ / "cut.db", content.substr(0, length));
    EXPECT_EQ(inspect(directory_ / "cut.db").state, FileState::broken) << length << " of " << content.size();
    EXPECT_NE(faults_of_finished(directory_ / "cut.db"), std::nullopt) << length;
  }
}

TEST_F(Inspect, a_damaged_page_is_broken) {
  const auto file = published();
  overwrite(file, 4096 * 2, std::string(4096, '\xA5'));
  EXPECT_EQ(inspect(file).state, FileState::broken);
}

// 4 and 0x100 are no encodings: some of SQLite takes them for UTF-8, and ATTACH refuses them.
TEST_F(Inspect, another_encoding_than_utf8_is_broken) {
  for (const auto& encoding : {std::string("\0\0\0\2", 4), std::string("\0\0\0\4", 4), std::string("\0\0\1\0", 4)}) {
    const auto file = published();
    overwrite(file, 56, encoding);
    EXPECT_EQ(inspect(file).state, FileState::broken);
    std::filesystem::remove(file);
  }
}

TEST_F(Inspect, a_wal_flag_does_not_keep_a_file_from_being_read) {
  const auto file = published();
  flag_as_wal(file);
  const auto inspection = inspect(file);
  EXPECT_EQ(inspection.state, FileState::good) << inspection.reason;
  EXPECT_EQ(faults_of_finished(file), "its header says WAL");
  EXPECT_EQ(listing(directory_.path()), std::vector<std::string>{"cache.db"}) << "looking at it leaves nothing behind";
}

TEST_F(Inspect, a_directory_is_broken) {
  EXPECT_EQ(inspect(directory_.path()).state, FileState::broken);
  EXPECT_NE(faults_of_finished(directory_.path()), std::nullopt);
}

TEST_F(Inspect, an_absent_file_is_not_finished) { EXPECT_NE(faults_of_finished(directory_ / "cache.db"), std::nullopt); }

TEST_F(Inspect, strays_beside_the_file_change_nothing) {
  const auto file = published();
  for (const auto* stray : {"-journal", "-wal", "-shm"}) write_file(file.string() + stray, "stray");
  EXPECT_EQ(inspect(file).state, FileState::good);
}

TEST_F(CacheFile, any_path_can_be_opened) {
  for (const std::string name :
       {"plain.db", "a?b.db", "a#b.db", "100%.db", "%20.db", "two words.db", "Кэш.db", "a&mode=rwc.db", "it's.db"}) {
    const auto file = published(name);
    auto database = open_published(file);
    EXPECT_EQ(read_table(database, "SELECT source FROM source_status").rows, (std::vector<Row>{{"one.data"}})) << name;
  }
}

TEST_F(CacheFile, readers_cannot_write) {
  auto database = open_published(published());
  EXPECT_THROW(database.exec("DELETE FROM source"), SQLite::Exception);
}

TEST_F(CacheFile, opening_an_absent_file_makes_none) {
  EXPECT_THROW(open_published(directory_ / "cache.db"), SQLite::Exception);
  EXPECT_TRUE(listing(directory_.path()).empty());
}

using SetAside = CacheFile;

TEST_F(SetAside, keeps_the_file_in_view_and_gives_it_a_second_name) {
  const auto file = published();
  const auto aside = move_aside(file, "broken");
  ASSERT_TRUE(aside.has_value()) << aside.error();
  EXPECT_EQ(read_file(*aside), read_file(file));
  EXPECT_EQ(aside->parent_path(), file.parent_path());
  EXPECT_TRUE(aside->filename().string().ends_with("broken"));
  EXPECT_EQ(std::filesystem::hard_link_count(file), 2U);
}

TEST_F(SetAside, keeps_the_newest_five) {
  const auto file = published();
  std::vector<std::string> older;
  for (int year = 2011; year <= 2017; ++year) {
    older.push_back("cache.db.aside-" + std::to_string(year) + "-01-01T00-00-00Z-00-newer");
    write_file(directory_ / older.back(), std::to_string(year));
  }
  const auto aside = move_aside(file, "broken");
  ASSERT_TRUE(aside.has_value()) << aside.error();
  EXPECT_EQ(listing(directory_.path()),
            (std::vector<std::string>{"cache.db", older[3], older[4], older[5], older[6], aside->filename().string()}));
}

TEST_F(SetAside, two_in_one_second_are_two_files) {
  const auto first = move_aside(published(), "broken");
  const auto second = move_aside(directory_ / "cache.db", "broken");
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_LT(first->string(), second->string());
  EXPECT_EQ(listing(directory_.path()).size(), 3U);
}

TEST_F(SetAside, leaves_the_files_of_other_caches_alone) {
  const auto other = move_aside(published("other.db"), "broken");
  ASSERT_TRUE(other.has_value());
  for (int year = 2011; year <= 2017; ++year)
    write_file(directory_ / ("cache.db.aside-" + std::to_string(year) + "-01-01T00-00-00Z-00-newer"), "old");
  ASSERT_TRUE(move_aside(published("cache.db"), "broken").has_value());
  EXPECT_TRUE(std::filesystem::exists(*other));
  EXPECT_EQ(listing(directory_.path()).size(), 2U + 1 + 5);
}

TEST_F(SetAside, keeps_the_newest_five_of_a_file_that_is_named_without_its_directory) {
  published();
  for (int year = 2011; year <= 2017; ++year)
    write_file(directory_ / ("cache.db.aside-" + std::to_string(year) + "-01-01T00-00-00Z-00-newer"), "old");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  const auto aside = move_aside("cache.db", "broken");
  std::filesystem::current_path(before);
  ASSERT_TRUE(aside.has_value()) << aside.error();
  EXPECT_EQ(listing(directory_.path()).size(), 1U + 5);
}

// What only a user without privileges meets. The directory is open to all; the test itself needs root to become that user.
class SetAsideUnprivileged : public CacheFile {
 protected:
  SetAsideUnprivileged() { std::filesystem::permissions(directory_.path(), std::filesystem::perms{0777}); }

  // The exit code of `work`, done as the user nobody; an unprivileged test program is such a user already.
  static int as_nobody(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(99);
      ::_exit(work());
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
  }
};

// The kernel lets nobody link what belongs to another user and is read-only; reading it is enough.
TEST_F(SetAsideUnprivileged, copies_what_it_may_not_link) {
  const auto file = published();
  std::filesystem::permissions(file, std::filesystem::perms{0444});
  EXPECT_EQ(as_nobody([&] {
              const auto aside = move_aside(file, "broken");
              return aside && read_file(*aside) == read_file(file) ? 0 : 1;
            }),
            0);
  EXPECT_EQ(listing(directory_.path()).size(), 2U);
}

// A backup that root restored with mode 600.
TEST_F(SetAsideUnprivileged, renames_what_it_may_not_read) {
  const auto file = published();
  const auto content = read_file(file);
  std::filesystem::permissions(file, std::filesystem::perms{0600});
  EXPECT_EQ(as_nobody([&] {
              if (const auto inspection = inspect(file); inspection.state != FileState::unreadable || inspection.reason.empty()) return 1;
              return move_aside(file, "unreadable") ? 0 : 2;
            }),
            0);
  const auto left = listing(directory_.path());
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(read_file(directory_ / left[0]), content);
  EXPECT_TRUE(left[0].ends_with("unreadable"));
}

TEST_F(SetAsideUnprivileged, says_mode_and_owner_of_what_it_can_neither_read_nor_rename) {
  const auto file = published();
  std::filesystem::permissions(file, std::filesystem::perms{0600});
  std::filesystem::permissions(directory_.path(), std::filesystem::perms{0755});
  EXPECT_EQ(as_nobody([&] {
              const auto aside = move_aside(file, "unreadable");
              if (aside) return 1;
              return aside.error().find("mode 0600, owner 0:0") != std::string::npos && aside.error().find("mode 0755") != std::string::npos
                         ? 0
                         : 2;
            }),
            ::geteuid() == 0 ? 0 : 1);
  EXPECT_EQ(listing(directory_.path()).size(), 1U);
}

TEST_F(SetAside, renames_a_symbolic_link_and_does_not_read_what_it_points_to) {
  write_file(directory_ / "private", "secret");
  std::filesystem::create_symlink("private", directory_ / "cache.db");
  EXPECT_EQ(inspect(directory_ / "cache.db").state, FileState::broken);
  const auto aside = move_aside(directory_ / "cache.db", "broken");
  ASSERT_TRUE(aside.has_value()) << aside.error();
  EXPECT_EQ(std::filesystem::read_symlink(*aside), "private");
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(directory_ / "cache.db")));
}

TEST_F(SetAside, renames_a_directory_with_what_is_in_it) {
  std::filesystem::create_directory(directory_ / "cache.db");
  write_file(directory_ / "cache.db/precious", "42");
  const auto aside = move_aside(directory_ / "cache.db", "broken");
  ASSERT_TRUE(aside.has_value()) << aside.error();
  EXPECT_EQ(read_file(*aside / "precious"), "42");
}

TEST_F(SetAside, renames_a_fifo_without_waiting_for_its_writer) {
  ASSERT_EQ(::mkfifo((directory_ / "cache.db").c_str(), 0666), 0);
  EXPECT_EQ(inspect(directory_ / "cache.db").state, FileState::broken);
  EXPECT_TRUE(move_aside(directory_ / "cache.db", "broken").has_value());
  EXPECT_EQ(listing(directory_.path()).size(), 1U);
}

TEST_F(SetAside, an_absent_file_is_an_error) { EXPECT_FALSE(move_aside(directory_ / "cache.db", "broken").has_value()); }

}  // namespace
}  // namespace gateway
