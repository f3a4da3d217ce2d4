// The steps of a publish: a checked copy, readable by all and writable by none, takes the old file's place; whatever fails
// before that leaves the old file as it is. And of a save.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "cache.hpp"
#include "cache/cache_file.hpp"
#include "publish/publish_steps.hpp"
#include "publish/save_pace.hpp"

namespace gateway {
namespace {

class Show : public ::testing::Test {
 protected:
  void SetUp() override { write_file(file_, "the old file"); }

  // What the publisher does: an empty next file, and a copy into it.
  void make_copy() {
    auto next = create_next(where_, "cache.db");
    ASSERT_TRUE(next.has_value()) << next.error();
    next_ = std::move(*next);
    Cache cache{{bare_source("one.data")}};
    const auto size = cache.store().copy_to(next_.path(), {.published_at = Cache::started, .count = 1, .bytes_before = 0});
    ASSERT_TRUE(size.has_value()) << size.error();
  }
  void expect_shown() {
    const auto shown = show(where_, "cache.db", next_, last_, mode_);
    ASSERT_TRUE(shown.has_value()) << shown.error();
    displaced_ = shown->displaced;
    EXPECT_EQ(inspect(file_).state, FileState::good);
  }
  void expect_refused() {
    const auto shown = show(where_, "cache.db", next_, last_, mode_);
    ASSERT_FALSE(shown.has_value());
    EXPECT_FALSE(shown.error().empty());
    EXPECT_EQ(read_file(file_), "the old file");
  }
  std::vector<std::string> names() const { return listing(directory_.path()); }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db", copy_ = directory_ / "cache.db.next";
  const Directory where_{directory_.path()};
  Descriptor next_, last_;
  mode_t mode_ = 0444;
  std::string displaced_;
};

TEST_F(Show, gives_the_copy_the_files_name) {
  make_copy();
  const auto content = read_file(copy_);
  expect_shown();
  EXPECT_EQ(read_file(file_), content);
  EXPECT_EQ(names(), std::vector<std::string>{"cache.db"});
}

TEST_F(Show, makes_it_readable_by_all_and_writable_by_none) {
  for (const mode_t mask : {mode_t{0}, mode_t{077}}) {
    const auto before = ::umask(mask);
    make_copy();
    struct stat status{};
    EXPECT_EQ(::stat(copy_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, mode_t{0600}) << "nobody else reads what is not finished";
    expect_shown();
    ::umask(before);
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, mode_t{0444});
  }
}

TEST_F(Show, gives_it_the_mode_that_is_set) {
  for (const mode_t mode : {mode_t{0440}, mode_t{0400}}) {
    mode_ = mode;
    make_copy();
    expect_shown();
    ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
    for (const auto* suffix : {"", ".saved"}) {
      struct stat status{};
      ASSERT_EQ(::stat((file_.string() + suffix).c_str(), &status), 0) << suffix;
      EXPECT_EQ(status.st_mode & 07777, mode) << suffix;
    }
  }
}

TEST_F(Show, unlinks_strays_of_the_old_file) {
  make_copy();
  for (const auto* stray : {"-journal", "-wal", "-shm"}) write_file(file_.string() + stray, "stray");
  write_file(directory_ / "cache.db-notes", "not ours to remove");
  expect_shown();
  EXPECT_EQ(names(), (std::vector<std::string>{"cache.db", "cache.db-notes"}));
}

TEST_F(Show, publishes_for_the_first_time_without_a_word) {
  std::filesystem::remove(file_);
  make_copy();
  const auto shown = show(where_, "cache.db", next_, last_, mode_);
  ASSERT_TRUE(shown.has_value()) << shown.error();
  EXPECT_TRUE(shown->exchanged);
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(Show, readers_of_the_old_file_keep_it) {
  make_copy();
  expect_shown();
  auto reader = open_published(file_);
  make_copy();
  expect_shown();
  EXPECT_EQ(read_table(reader, "SELECT source FROM source_status").rows.size(), 1U);
}

// A kill between exchange and unlink leaves under the next file's name what readers may have open.
TEST_F(Show, what_a_kill_left_as_next_is_not_written_to) {
  make_copy();
  expect_shown();
  std::filesystem::rename(file_, copy_);
  auto reader = open_published(copy_);
  make_copy();
  EXPECT_EQ(read_table(reader, "SELECT source FROM source_status").rows.size(), 1U);
  EXPECT_EQ(std::filesystem::hard_link_count(copy_), 1U);
}

TEST_F(Show, what_was_put_in_place_of_the_last_file_is_kept) {
  make_copy();
  expect_shown();
  last_ = std::move(next_);
  std::filesystem::remove(file_);
  write_file(file_, "a backup that somebody restored");
  make_copy();
  expect_shown();
  ASSERT_FALSE(displaced_.empty());
  EXPECT_EQ(read_file(directory_ / displaced_), "a backup that somebody restored");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(Show, what_is_no_file_is_renamed_and_never_followed) {
  write_file(directory_ / "victim", "precious");
  for (const auto* name : {"cache.db", "cache.db.next"}) {
    std::filesystem::remove(directory_ / name);
    std::filesystem::create_symlink("victim", directory_ / name);
    make_copy();
    expect_shown();
    std::filesystem::remove(directory_ / name);
    std::filesystem::create_directory(directory_ / name);
    write_file(directory_ / name / "inside", "kept");
    make_copy();
    expect_shown();
  }
  EXPECT_EQ(read_file(directory_ / "victim"), "precious");
  int links = 0, inside = 0;
  for (const auto& name : names()) {
    links += std::filesystem::is_symlink(directory_ / name) ? 1 : 0;
    inside += std::filesystem::exists(directory_ / name / "inside") ? 1 : 0;
  }
  EXPECT_EQ(links, 2);
  EXPECT_EQ(inside, 2);
}

TEST_F(Show, refuses_a_header_that_says_wal) {
  make_copy();
  ASSERT_EQ(::pwrite(next_.get(), "\2\2", 2, 18), 2);
  expect_refused();
}

TEST_F(Show, refuses_a_copy_cut_short) {
  make_copy();
  ASSERT_EQ(::ftruncate(next_.get(), 8192), 0);
  expect_refused();
}

TEST_F(Show, refuses_what_is_no_cache) {
  make_copy();
  ASSERT_EQ(::pwrite(next_.get(), std::string(100, 'x').data(), 100, 0), 100);
  expect_refused();
}

TEST_F(Show, refuses_an_empty_copy) {
  auto next = create_next(where_, "cache.db");
  ASSERT_TRUE(next.has_value());
  next_ = std::move(*next);
  expect_refused();
}

class Save : public Show {
 protected:
  void publish() {
    make_copy();
    expect_shown();
  }
  std::filesystem::path saved_ = directory_ / "cache.db.saved";
};

TEST_F(Save, is_the_shown_file_under_a_second_name) {
  publish();
  ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  EXPECT_EQ(names(), (std::vector<std::string>{"cache.db", "cache.db.saved"}));
  EXPECT_EQ(std::filesystem::hard_link_count(file_), 2U) << "and no second copy";
  const auto content = read_file(file_);
  publish();
  EXPECT_EQ(read_file(saved_), content) << "the next publish leaves it alone";
}

TEST_F(Save, replaces_the_copy_before_and_what_a_kill_left) {
  write_file(saved_, "the copy before");
  write_file(directory_ / "cache.db.saved.next", "left by a kill");
  publish();
  ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  EXPECT_EQ(inspect(saved_).state, FileState::good);
  EXPECT_EQ(names(), (std::vector<std::string>{"cache.db", "cache.db.saved"}));
}

TEST_F(Save, is_of_the_file_that_was_shown_whatever_its_name_means_now) {
  publish();
  const auto content = read_file(file_);
  std::filesystem::rename(file_, directory_ / "elsewhere");
  write_file(file_, "another file");
  ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  EXPECT_EQ(read_file(saved_), content);
}

TEST_F(Save, follows_no_link) {
  write_file(directory_ / "victim", "precious");
  for (const auto* name : {"cache.db.saved", "cache.db.saved.next"}) {
    std::filesystem::remove(directory_ / name);
    std::filesystem::create_symlink("victim", directory_ / name);
    publish();
    ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  }
  EXPECT_EQ(read_file(directory_ / "victim"), "precious");
  EXPECT_EQ(inspect(saved_).state, FileState::good);
}

TEST_F(Save, that_fails_leaves_the_copy_before) {
  publish();
  ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  const auto content = read_file(saved_);
  publish();
  std::filesystem::remove(file_);  // nothing is left to link, so it is copied
  ASSERT_EQ(save(where_, "cache.db", next_), std::nullopt);
  EXPECT_EQ(std::filesystem::hard_link_count(saved_), 1U);
  EXPECT_TRUE(save(where_, "cache.db", Descriptor()).has_value());
  EXPECT_EQ(inspect(saved_).state, FileState::good);
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

TEST(Copy, states_what_a_power_cut_would_cost) {
  const TemporaryDirectory directory;
  Cache cache{{bare_source("one.data")}};
  const std::string columns = "SELECT saved_at, unsaved_s, saved_bytes_per_day FROM gateway";
  const auto at = Cache::started + 3600;
  Stamp stamp{.published_at = at, .count = 7, .bytes_before = 0};
  const auto size = cache.store().copy_to(directory / "never", stamp);
  EXPECT_EQ(read_at(directory / "never", columns, at).rows, (std::vector<Row>{{{}, {}, 0.0}}));
  stamp.saved_at = at - 40;
  stamp.saved_bytes_before = 5000;
  ASSERT_TRUE(cache.store().copy_to(directory / "live", stamp).has_value());
  EXPECT_EQ(read_at(directory / "live", columns, at).rows, (std::vector<Row>{{at - 40, 40, 24.0 * 5000}}));
  stamp.saves = true;
  ASSERT_TRUE(cache.store().copy_to(directory / "saved", stamp).has_value());
  EXPECT_EQ(read_at(directory / "saved", columns, at + 1000).rows,
            (std::vector<Row>{{at, 0, 24.0 * static_cast<double>(5000 + size.value_or(0))}}));
}

TEST(SavePause, is_the_interval_or_longer_where_the_budget_demands_it) {
  const SavePace pace{.interval = std::chrono::seconds(60), .budget_per_day = 5'000'000'000};
  EXPECT_EQ(save_pause(0, pace), Milliseconds{60'000});
  EXPECT_EQ(save_pause(2'000'000, pace), Milliseconds{60'000});
  EXPECT_EQ(save_pause(41'500'000, pace), Milliseconds{717'120}) << "twelve minutes";
  const auto a_day = 86'400'000 / save_pause(41'500'000, pace).count();
  EXPECT_LE(a_day * 41'500'000, pace.budget_per_day);
  EXPECT_GT(save_pause(std::int64_t{1} << 60, {.interval = Milliseconds{1}, .budget_per_day = 1}).count(), 0) << "no overflow";
}

}  // namespace
}  // namespace gateway
