// What `status` and `ping` answer to scripts: exit codes, and JSON that can be parsed whatever the cache holds.
#include "commands/status.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cache.hpp"

namespace gateway {
namespace {

class Status : public ::testing::Test {
 protected:
  // As published just now by the machine's clock, which is what readers compare with.
  void publish(Cache& cache, std::int64_t at) {
    ASSERT_TRUE(cache.store().copy_to(file_, {.published_at = at, .count = 1, .bytes_before = 0}).has_value());
  }
  int status(bool json = false) {
    out_.str("");
    return print_status(file_, json, false, out_, err_);
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db";
  std::ostringstream out_, err_;
  const std::int64_t now_ = unix_now();
};

TEST_F(Status, without_a_cache_is_4_and_says_what_to_do) {
  EXPECT_EQ(status(), 4);
  EXPECT_NE(err_.str().find("CACHE_PATH"), std::string::npos);
  EXPECT_TRUE(out_.str().empty());
}

TEST_F(Status, of_a_file_that_is_no_cache_is_4) {
  write_file(file_, std::string(5000, 'x'));
  EXPECT_EQ(status(), 4);
}

TEST_F(Status, all_fresh_is_0) {
  Cache cache{{bare_source("one.data")}, now_};
  cache.succeed("one.data", now_ + 3);
  publish(cache, now_);
  EXPECT_EQ(status(), 0) << out_.str();
}

TEST_F(Status, never_fetched_is_3) {
  Cache cache{{bare_source("one.data")}, now_};
  publish(cache, now_);
  EXPECT_EQ(status(), 3);
}

TEST_F(Status, stale_is_3) {
  Cache cache{{bare_source("one.data")}, now_};
  cache.succeed("one.data", now_ - 1000);
  publish(cache, now_);
  EXPECT_EQ(status(), 3);
}

TEST_F(Status, off_and_missing_are_no_fault) {
  auto off = bare_source("two.data");
  off.on = false;
  Cache cache{{bare_source("one.data"), off, bare_source("three.data")}, now_};
  cache.succeed("one.data", now_ + 3);
  cache.fail("three.data", now_, {ErrorClass::missing, "no such table"});
  publish(cache, now_);
  EXPECT_EQ(status(), 0) << out_.str();
}

TEST_F(Status, names_every_source_its_state_and_the_open_outage) {
  Cache cache{{bare_source("one.data"), bare_source("two.data")}, now_};
  cache.fail("one.data", now_ - 10, {ErrorClass::refused, "connection refused"});
  cache.fail("one.data", now_, {ErrorClass::refused, "connection refused"});
  publish(cache, now_);
  status();
  for (const auto* word : {"one.data", "two.data", "never", "OPEN OUTAGES", "refused: connection refused"}) {
    EXPECT_NE(out_.str().find(word), std::string::npos) << word << " is not in\n" << out_.str();
  }
}

TEST_F(Status, json_says_the_same_to_scripts) {
  Cache cache{{bare_source("one.data")}, now_};
  cache.fail("one.data", now_, {ErrorClass::timeout, "no answer: \"x\"\n\xFF"});
  publish(cache, now_);
  EXPECT_EQ(status(true), 3);
  const auto document = nlohmann::json::parse(out_.str(), nullptr, false);
  ASSERT_TRUE(document.is_object()) << out_.str();
  EXPECT_EQ(document["sources"][0]["source"], "one.data");
  EXPECT_EQ(document["sources"][0]["freshness"], "never");
  EXPECT_EQ(document["sources"][0]["error_class"], "timeout");
  EXPECT_TRUE(document["sources"][0]["age_s"].is_null());
  EXPECT_EQ(document["system"]["status"], "unknown");
}

TEST_F(Status, says_who_may_read_the_file) {
  Cache cache{{bare_source("one.data")}, now_};
  publish(cache, now_);
  std::filesystem::permissions(file_, std::filesystem::perms{0440});
  status();
  EXPECT_NE(out_.str().find("mode 0440"), std::string::npos) << out_.str();
  status(true);
  EXPECT_EQ(nlohmann::json::parse(out_.str(), nullptr, false)["file"]["mode"], "0440");
}

TEST_F(Status, a_planted_file_whose_tables_have_no_end_is_given_up) {
  SQLite::Database planted(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  planted.exec(
      "CREATE VIEW gateway AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) AS freshness, 1 AS age_s FROM "
      "n");
  EXPECT_EQ(ping(file_, out_, err_), 1);
  EXPECT_NE(err_.str().find("interrupted"), std::string::npos) << err_.str();
}

TEST_F(Status, ping_is_0_while_the_gateway_publishes) {
  Cache cache{{bare_source("one.data")}, now_};
  publish(cache, now_);
  EXPECT_EQ(ping(file_, out_, err_), 0) << err_.str();
}

TEST_F(Status, ping_is_1_when_it_stopped_publishing) {
  Cache cache{{bare_source("one.data")}, now_ - 1000};
  publish(cache, now_ - 1000);
  EXPECT_EQ(ping(file_, out_, err_), 1);
  EXPECT_FALSE(err_.str().empty());
}

TEST_F(Status, ping_is_1_without_a_cache) { EXPECT_EQ(ping(file_, out_, err_), 1); }

TEST_F(Status, ping_does_not_depend_on_upstreams) {
  Cache cache{{bare_source("one.data")}, now_};
  for (int i = 0; i < 5; ++i) cache.fail("one.data", now_, {ErrorClass::refused, "connection refused"});
  publish(cache, now_);
  EXPECT_EQ(ping(file_, out_, err_), 0) << err_.str();
}

}  // namespace
}  // namespace gateway
