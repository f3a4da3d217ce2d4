// A planned outage: what its file says, and what readers see of it while it lasts.
#include "run/maintenance.hpp"

#include <gtest/gtest.h>

#include "cache.hpp"

namespace gateway {
namespace {

TEST(Maintenance, has_a_text_and_may_have_an_end) {
  const auto both = parse_maintenance("until 2025-12-01 10:00\nPostgreSQL is\nupgraded\n");
  EXPECT_EQ(both.until, 1'764'583'200);
  EXPECT_EQ(both.text, "PostgreSQL is upgraded");
  EXPECT_EQ(parse_maintenance("until 2025-12-01T12:00:00+02:00").until, 1'764'583'200);
  EXPECT_EQ(parse_maintenance("until 2025-12-01T10:00:00Z").text, "planned maintenance");
  EXPECT_EQ(parse_maintenance("").text, "planned maintenance");
  const auto words = parse_maintenance("until the database is back\n\x1b[31m");
  EXPECT_FALSE(words.until);
  EXPECT_TRUE(words.text.starts_with("until the database is back"));
  EXPECT_EQ(words.text.find('\x1b'), std::string::npos);
  EXPECT_LE(parse_maintenance(std::string(5000, 'x')).text.size(), 300U);
}

TEST(Maintenance, is_read_beside_the_cache_and_follows_no_link) {
  const TemporaryDirectory directory;
  EXPECT_FALSE(read_maintenance(directory / "cache.db"));
  write_file(directory / "secret", "not for readers");
  std::filesystem::create_symlink(directory / "secret", directory / "maintenance");
  EXPECT_FALSE(read_maintenance(directory / "cache.db"));
  std::filesystem::remove(directory / "maintenance");
  write_file(directory / "maintenance", "an upgrade");
  EXPECT_EQ(read_maintenance(directory / "cache.db")->text, "an upgrade");
}

TEST(Maintenance, is_shown_until_its_end) {
  Cache cache{{bare_source("one.data")}};
  cache.store().set_maintenance("an upgrade", Cache::started + 100);
  cache.publish(Cache::started);
  EXPECT_EQ(text(cache.value("SELECT maintenance FROM gateway", Cache::started + 99)), "an upgrade");
  EXPECT_TRUE(is_null(cache.value("SELECT maintenance FROM gateway", Cache::started + 100)));
  cache.store().set_maintenance("an upgrade", std::nullopt);
  EXPECT_EQ(text(cache.value("SELECT maintenance FROM gateway", Cache::started + 1'000'000)), "an upgrade");
  cache.store().set_maintenance(std::nullopt, std::nullopt);
  EXPECT_TRUE(is_null(cache.value("SELECT maintenance FROM gateway", Cache::started)));
}

}  // namespace
}  // namespace gateway
