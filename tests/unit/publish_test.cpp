// The last steps of a publish: a checked copy, readable by all and writable by none, takes the old file's name; whatever
// fails before that leaves the old file as it is.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cache.hpp"
#include "cache/cache_file.hpp"
#include "publish/publisher.hpp"

namespace gateway {
namespace {

class FinishPublish : public ::testing::Test {
 protected:
  void SetUp() override { write_file(file_, "the old file"); }

  void make_copy() {
    Cache cache{{bare_source("one.data")}};
    ASSERT_TRUE(cache.store().copy_to(copy_, {.published_at = Cache::started, .count = 1, .bytes_before = 0}).has_value());
  }
  void expect_refused() {
    const auto error = finish_publish(copy_, file_);
    ASSERT_TRUE(error.has_value());
    EXPECT_FALSE(error->empty());
    EXPECT_EQ(read_file(file_), "the old file");
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db", copy_ = directory_ / "cache.db.next";
};

TEST_F(FinishPublish, gives_the_copy_the_files_name) {
  make_copy();
  const auto content = read_file(copy_);
  EXPECT_EQ(finish_publish(copy_, file_), std::nullopt);
  EXPECT_EQ(read_file(file_), content);
  EXPECT_EQ(listing(directory_.path()), std::vector<std::string>{"cache.db"});
  EXPECT_EQ(inspect(file_).state, FileState::good);
}

TEST_F(FinishPublish, makes_it_readable_by_all_and_writable_by_none) {
  make_copy();
  ASSERT_EQ(finish_publish(copy_, file_), std::nullopt);
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t{0444});
}

TEST_F(FinishPublish, unlinks_strays_of_the_old_file) {
  make_copy();
  for (const auto* stray : {"-journal", "-wal", "-shm"}) write_file(file_.string() + stray, "stray");
  write_file(directory_ / "cache.db-notes", "not ours to remove");
  ASSERT_EQ(finish_publish(copy_, file_), std::nullopt);
  EXPECT_EQ(listing(directory_.path()), (std::vector<std::string>{"cache.db", "cache.db-notes"}));
}

TEST_F(FinishPublish, publishes_for_the_first_time) {
  std::filesystem::remove(file_);
  make_copy();
  EXPECT_EQ(finish_publish(copy_, file_), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(FinishPublish, readers_of_the_old_file_keep_it) {
  make_copy();
  std::filesystem::remove(file_);
  ASSERT_EQ(finish_publish(copy_, file_), std::nullopt);
  auto reader = open_published(file_);
  make_copy();
  ASSERT_EQ(finish_publish(copy_, file_), std::nullopt);
  EXPECT_EQ(read_table(reader, "SELECT source FROM source_status").rows.size(), 1U);
}

TEST_F(FinishPublish, refuses_a_header_that_says_wal) {
  make_copy();
  auto content = read_file(copy_);
  content[18] = content[19] = 2;
  write_file(copy_, content);
  expect_refused();
}

TEST_F(FinishPublish, refuses_a_copy_cut_short) {
  make_copy();
  write_file(copy_, read_file(copy_).substr(0, 8192));
  expect_refused();
}

TEST_F(FinishPublish, refuses_what_is_no_cache) {
  write_file(copy_, std::string(8192, 'x'));
  expect_refused();
}

TEST_F(FinishPublish, refuses_an_absent_copy) { expect_refused(); }

TEST_F(FinishPublish, an_impossible_rename_is_an_error) {
  make_copy();
  std::filesystem::create_directory(directory_ / "in the way");
  const auto error = finish_publish(copy_, directory_ / "in the way");
  EXPECT_TRUE(error.has_value());
}

TEST(Copy, has_no_wal_flag_even_when_the_loaded_file_had_one) {
  const TemporaryDirectory directory;
  const auto file = directory / "cache.db";
  Cache first{{bare_source("one.data")}};
  ASSERT_TRUE(first.store().copy_to(file, {.published_at = Cache::started, .count = 1, .bytes_before = 0}).has_value());
  auto content = read_file(file);
  content[18] = content[19] = 2;
  write_file(file, content);
  Store second;
  EXPECT_TRUE(second.restore(file).empty());
  ASSERT_TRUE(second.copy_to(directory / "next", {.published_at = Cache::started, .count = 1, .bytes_before = 0}).has_value());
  EXPECT_EQ(faults_of_finished(directory / "next"), std::nullopt);
}

TEST(Copy, states_its_size_and_what_publishing_costs) {
  const TemporaryDirectory directory;
  Cache cache{{bare_source("one.data")}};
  const auto size =
      cache.store().copy_to(directory / "cache.db", {.published_at = Cache::started + 3600, .count = 7, .bytes_before = 1'000'000});
  ASSERT_TRUE(size.has_value());
  EXPECT_EQ(static_cast<std::uintmax_t>(*size), std::filesystem::file_size(directory / "cache.db"));
  const auto row =
      read_at(directory / "cache.db", "SELECT published_at, publish_count, file_bytes, bytes_per_day FROM gateway", Cache::started + 3600);
  EXPECT_EQ(row.rows, (std::vector<Row>{{Cache::started + 3600, 7, *size, 24.0 * static_cast<double>(1'000'000 + *size)}}));
}

}  // namespace
}  // namespace gateway
