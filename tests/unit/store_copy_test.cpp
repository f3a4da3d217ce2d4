// A copy in slices is the copy that one made at once would be, whatever happens to the store in between.
#include "cache/store_copy.hpp"

#include <gtest/gtest.h>

#include "cache.hpp"
#include "cache/cache_file.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class StoreCopyTest : public ::testing::Test {
 protected:
  StoreCopyTest() { put(0, 3000); }

  Write parts(int from, int to) const {
    Write write{
        .table = "component", .mode = Mode::replace, .columns = {"service", "component", "status", "basis"}, .rows = {}, .scope = {}};
    for (int n = from; n < to; ++n) write.rows.push_back({"alpha", "a rather long name " + std::to_string(n), "healthy", "reported"});
    return write;
  }
  void put(int from, int to) { ASSERT_EQ(cache_.succeed("one.parts", t0, {.writes = {parts(from, to)}}), std::nullopt); }

  std::unique_ptr<StoreCopy> begin() {
    auto copy = cache_.store().begin_copy(file_, {.published_at = t0, .count = 1, .bytes_before = 0});
    if (!copy) throw std::runtime_error(copy.error());
    return std::move(*copy);
  }
  static bool step(StoreCopy& copy, int pages = 10) { return copy.step(pages).value(); }
  std::vector<Row> in_file() { return read_at(file_, "SELECT count(*), min(component), max(component) FROM component", t0).rows; }
  std::vector<Row> in_store() { return cache_.store().query("SELECT count(*), min(component), max(component) FROM component").rows; }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "copy.db";
  Cache cache_{{bare_source("one.parts"), bare_source("two.a")}};
};

TEST_F(StoreCopyTest, takes_as_many_slices_as_there_are_pages) {
  const auto copy = begin();
  int slices = 1;
  while (!step(*copy)) ++slices;
  EXPECT_GT(slices, 10);
  EXPECT_EQ(in_file(), in_store());
  EXPECT_EQ(inspect(file_).state, FileState::good);
  EXPECT_EQ(copy->bytes(), static_cast<std::int64_t>(std::filesystem::file_size(file_)));
}

TEST_F(StoreCopyTest, has_what_was_written_in_between_and_no_mixture) {
  const auto copy = begin();
  for (int n = 0; n < 5; ++n) step(*copy);
  put(1000, 5000);
  while (!step(*copy)) {
  }
  EXPECT_EQ(in_file(), in_store());
  EXPECT_EQ(inspect(file_).state, FileState::good);
}

TEST_F(StoreCopyTest, ends_although_the_store_is_written_between_all_slices) {
  const auto copy = begin();
  int slices = 1;
  for (; !step(*copy); ++slices) {
    ASSERT_LT(slices, 10'000);
    cache_.succeed("two.a", t0 + slices);
  }
  EXPECT_EQ(in_file(), in_store());
}

TEST_F(StoreCopyTest, never_ends_with_half_an_answer) {
  const std::vector outcomes{success_of("one.parts", t0 + 10, {.writes = {parts(0, 20'000)}})};
  const auto storing = cache_.store().begin_storing(outcomes, cache_.setups(), {.upstream = "one", .failing_for_s = {}});
  storing->step(Milliseconds{0});
  const auto copy = begin();
  while (!storing->step(Milliseconds{0})) ASSERT_FALSE(step(*copy, StoreCopy::all_pages));
  EXPECT_TRUE(step(*copy, StoreCopy::all_pages));
  EXPECT_EQ(in_file(), in_store());
}

TEST_F(StoreCopyTest, survives_a_store_that_is_compacted_in_between) {
  put(0, 10'000);
  put(0, 100);
  const auto copy = begin();
  for (int n = 0; n < 5; ++n) step(*copy);
  cache_.store().compact();
  while (!step(*copy)) {
  }
  EXPECT_EQ(in_file(), in_store());
  EXPECT_EQ(inspect(file_).state, FileState::good);
}

}  // namespace
}  // namespace gateway
