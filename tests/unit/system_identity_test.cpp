// Rows of another database: the old ones are moved aside first, and where that is impossible they stay.
#include "run/system_identity.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "cache.hpp"
#include "cache/store.hpp"

namespace gateway {
namespace {

class SystemIdentity : public ::testing::Test {
 protected:
  SystemIdentity() {
    cache_.store().set_identity("postgres", "1/ytrader");
    cache_.succeed("one.data", Cache::started);
  }
  bool starts_over() { return starts_over_for_other_system(cache_.store(), file_, "postgres", "2/ytrader"); }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db";
  Cache cache_{{bare_source("one.data")}};
};

TEST_F(SystemIdentity, of_another_database_begins_anew_and_keeps_the_old_cache) {
  write_file(file_, "the old cache");
  EXPECT_TRUE(starts_over());
  EXPECT_EQ(cache_.store().identity("postgres"), "2/ytrader");
  EXPECT_EQ(listing(directory_.path()).size(), 2U);
}

TEST_F(SystemIdentity, of_another_database_is_refused_while_the_old_cache_cannot_be_kept) {
  EXPECT_THROW(starts_over(), std::runtime_error);  // there is no file, so it cannot be kept either
  EXPECT_EQ(cache_.store().identity("postgres"), "1/ytrader");
  EXPECT_FALSE(cache_.store().query("SELECT 1 FROM source WHERE last_success_at IS NOT NULL").empty());
}

}  // namespace
}  // namespace gateway
