// What a start loads: the published file, or the copy saved before it where that did not survive; and what it must keep.
#include "run/load_cache.hpp"

#include <gtest/gtest.h>

#include "cache.hpp"
#include "cache/store.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class LoadCache : public ::testing::Test {
 protected:
  // A file published at that time.
  void write_cache(const std::filesystem::path& file, std::int64_t at) {
    Cache cache{{bare_source("one.data")}};
    cache.store().note_start(at, "1.2.3");
    ASSERT_TRUE(cache.store().copy_to(file, {.published_at = at, .count = 1, .bytes_before = 0, .saves = true}).has_value());
  }
  void load(bool from_saved_copy, std::int64_t published_at) {
    const auto loaded = load_cache(store_, file_);
    ASSERT_TRUE(loaded.has_value()) << loaded.error();
    EXPECT_EQ(loaded->from_saved_copy, from_saved_copy);
    const auto rows = store_.query("SELECT published_at FROM gateway_state").rows;
    EXPECT_EQ(rows, published_at == 0 ? std::vector<Row>{} : (std::vector<Row>{{published_at}}));
  }
  std::size_t kept() const {
    std::size_t count = 0;
    for (const auto& name : listing(directory_.path())) count += name.find(".aside-") != std::string::npos ? 1 : 0;
    return count;
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db", saved_ = directory_ / "cache.db.saved";
  Store store_;
};

TEST_F(LoadCache, nothing_is_loaded_where_nothing_is) { load(false, 0); }

TEST_F(LoadCache, the_published_file_is_loaded_and_not_the_older_copy) {
  write_cache(saved_, t0);
  write_cache(file_, t0 + 50);
  load(false, t0 + 50);
  EXPECT_EQ(kept(), 0U);
}

TEST_F(LoadCache, an_empty_file_as_a_power_cut_leaves_it_gives_way_to_the_saved_copy) {
  write_cache(saved_, t0);
  write_file(file_, "");
  load(true, t0);
  EXPECT_EQ(kept(), 0U) << "there is nothing to keep";
}

TEST_F(LoadCache, a_truncated_damaged_or_missing_file_gives_way_to_the_saved_copy) {
  write_cache(saved_, t0);
  const auto content = read_file(saved_);
  load(true, t0);
  write_file(file_, content.substr(0, content.size() / 2));
  load(true, t0);
  auto damaged = content;
  damaged.replace(4096, 8192, std::string(8192, '\0'));  // pages that never reached the disk
  write_file(file_, damaged);
  load(true, t0);
  EXPECT_EQ(kept(), 2U);
}

TEST_F(LoadCache, the_saved_copy_stays_until_the_next_save) {
  write_cache(saved_, t0);
  const auto content = read_file(saved_);
  load(true, t0);
  EXPECT_EQ(read_file(saved_), content);
}

TEST_F(LoadCache, a_damaged_saved_copy_is_kept_and_not_loaded) {
  write_file(file_, "");
  write_file(saved_, "no database");
  load(false, 0);
  EXPECT_EQ(kept(), 1U);
}

// Somebody restored an old backup as the published file. The next save must not take what was recorded since.
TEST_F(LoadCache, a_saved_copy_that_is_newer_than_the_published_file_is_kept) {
  write_cache(file_, t0);
  write_cache(saved_, t0 + 50);
  load(false, t0);
  EXPECT_EQ(kept(), 1U);
}

TEST_F(LoadCache, what_is_no_saved_copy_is_kept) {
  write_cache(file_, t0);
  write_file(saved_, "somebody's notes");
  load(false, t0);
  EXPECT_EQ(kept(), 1U);
}

// The loss has a beginning and an end, even when the pause was short.
TEST_F(LoadCache, the_loss_is_an_outage_of_the_gateway_from_the_save_to_the_start) {
  write_cache(saved_, t0);
  load(true, t0);
  const Cache any{{bare_source("one.data")}};
  auto run = any.run_at(t0 + 7);
  run.from_saved_copy = true;
  store_.begin(run);
  const auto rows = store_.query("SELECT upstream, started_at, ended_at FROM outage").rows;
  EXPECT_EQ(rows, (std::vector<Row>{{"gateway", t0, t0 + 7}}));
}

}  // namespace
}  // namespace gateway
