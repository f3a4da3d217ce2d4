// Which files stay among those that were set aside: a history that was collected for weeks is not pushed out by what two
// servers under one name leave behind as they take turns.
#include "cache/aside.hpp"

#include <gtest/gtest.h>

#include "cache/move_aside.hpp"
#include "cache/store.hpp"
#include "support.hpp"

namespace gateway {
namespace {

class Aside : public ::testing::Test {
 protected:
  // Publishes a cache with so many events and sets it aside.
  std::string set_aside(int events) {
    Store store;
    for (int n = 0; n < events; ++n) store.note_start(n, "1.2.3");
    const auto file = directory_ / "cache.db";
    std::filesystem::remove(file);
    EXPECT_TRUE(store.copy_to(file, {}).has_value());
    const auto aside = move_aside(file, "other-upstream");
    return aside ? aside->filename().string() : aside.error();
  }
  bool is_there(const std::string& name) const { return std::filesystem::exists(directory_ / name); }
  std::size_t count() const { return listing(directory_.path()).size() - 1; }  // without cache.db

  TemporaryDirectory directory_;
};

TEST_F(Aside, a_long_history_outlives_eight_turns_between_two_servers) {
  const auto good = set_aside(500);
  std::string newest;
  for (int turn = 0; turn < 8; ++turn) newest = set_aside(10);
  EXPECT_TRUE(is_there(good));
  EXPECT_TRUE(is_there(newest));
  EXPECT_EQ(count(), 5U);
}

TEST_F(Aside, the_newest_stays_however_little_it_has) {
  for (int n = 0; n < 5; ++n) set_aside(10);
  const auto newest = set_aside(0);
  EXPECT_TRUE(is_there(newest));
  EXPECT_EQ(count(), 5U);
}

TEST_F(Aside, of_equal_ones_and_of_those_that_nobody_can_read_the_newer_stay) {
  const auto oldest = set_aside(3);
  const auto unreadable = directory_ / "cache.db.aside-2020-01-01T00-00-00.000Z-broken";
  write_file(unreadable, "no database");
  std::vector<std::string> newer;
  for (int n = 0; n < 5; ++n) newer.push_back(set_aside(3));
  EXPECT_FALSE(std::filesystem::exists(unreadable));
  EXPECT_FALSE(is_there(oldest));
  for (const auto& name : newer) EXPECT_TRUE(is_there(name)) << name;
}

TEST_F(Aside, a_planted_one_whose_events_have_no_end_is_worth_nothing) {
  const auto planted = directory_ / "cache.db.aside-2020-01-01T00-00-00.000Z-broken";
  SQLite::Database(planted.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n");
  for (int n = 0; n < 5; ++n) set_aside(1);
  EXPECT_FALSE(std::filesystem::exists(planted));
}

}  // namespace
}  // namespace gateway
