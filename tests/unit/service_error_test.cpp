// Errors of services: told apart by their text without ids and numbers, counted, with the first and the last time.
#include <gtest/gtest.h>

#include "cache.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class ServiceError : public ::testing::Test {
 protected:
  void rejected(const std::string& id, std::int64_t at, const std::string& reason) {
    Write write{.table = "trade_order",
                .mode = Mode::upsert,
                .columns = {"id", "order_id", "time", "status", "closure", "changed_at", "close_reason"},
                .rows = {{id, id, static_cast<double>(at), "rejected", "rejected", static_cast<double>(at), reason}},
                .scope = {}};
    ASSERT_EQ(cache_.succeed("postgres.orders", at, {.writes = {write}, .rows = 1}), std::nullopt);
  }
  std::vector<Row> errors() {
    return cache_.read("SELECT service, kind, message, count, first_at - 1764583200, last_at - 1764583200 FROM service_error", t0).rows;
  }
  static Row error(const std::string& service, const std::string& kind, const std::string& message, std::int64_t count, std::int64_t first,
                   std::int64_t last) {
    return {service, kind, message, count, first, last};
  }

  Cache cache_{{bare_health("alpha"), bare_source("postgres.orders")}};
};

TEST_F(ServiceError, what_differs_in_numbers_and_ids_only_is_one_error_with_the_newest_words) {
  rejected("a", t0, "Bybit API error 110007: available balance 12.5 is insufficient for order 4f1c-77");
  rejected("b", t0 + 60, "Bybit API error 110007: available balance 3 is insufficient for order 9a00-12");
  EXPECT_EQ(errors(), (std::vector<Row>{error("order-manager", "rejection",
                                              "Bybit API error 110007: available balance 3 is insufficient for order 9a00-12", 2, 0, 60)}));
}

TEST_F(ServiceError, an_order_read_again_is_not_counted_again) {
  rejected("a", t0, "Risk limit exceeded");
  rejected("a", t0 + 10, "Risk limit exceeded");
  EXPECT_EQ(errors(), (std::vector<Row>{error("order-manager", "rejection", "Risk limit exceeded", 1, 0, 0)}));
}

TEST_F(ServiceError, a_failed_poll_and_a_reported_fault_are_errors_of_different_kinds) {
  cache_.fail("alpha.health", t0, {ErrorClass::timeout, "no answer within 3 s"});
  cache_.succeed("alpha.health", t0 + 10, {.writes = observed("alpha", "degraded", t0 + 10, 3.5, "queue is full", {}), .rows = 1});
  EXPECT_EQ(errors(), (std::vector<Row>{error("alpha", "health", "queue is full", 1, 10, 10),
                                        error("alpha", "timeout", "no answer within 3 s", 1, 0, 0)}));
}

TEST_F(ServiceError, what_several_sources_meet_in_one_poll_is_counted_once_a_poll) {
  Cache cache({bare_source("many.a"), bare_source("many.b"), bare_source("many.c")});
  const Error refused{ErrorClass::refused, "connection refused"};
  const Error locked{ErrorClass::sql, "lock timeout"};
  for (const auto at : {t0, t0, t0 + 10}) {  // two of them within a second
    cache.apply({failure_of("many.a", at, refused), failure_of("many.b", at, locked), failure_of("many.c", at, refused)});
  }
  EXPECT_EQ(cache.read("SELECT service, kind, count FROM service_error ORDER BY kind", t0).rows,
            (std::vector<Row>{{"many", "refused", 3}, {"many", "sql", 3}}));
}

TEST_F(ServiceError, what_an_old_deployment_lacks_is_none) {
  cache_.fail("alpha.health", t0, {ErrorClass::missing, "HTTP 404"});
  EXPECT_TRUE(errors().empty());
}

TEST_F(ServiceError, the_newest_hundred_of_a_service_stay_for_as_long_as_events_do) {
  for (int i = 0; i < 120; ++i) {
    rejected("o" + std::to_string(i), t0 + i,
             "reason " + std::string(1, static_cast<char>('a' + i % 26)) + std::string(static_cast<std::size_t>(i / 26), 'x'));
  }
  cache_.store().tidy(t0 + 200);
  EXPECT_EQ(errors().size(), 100U);
  cache_.store().tidy(t0 + 31 * 86400);
  EXPECT_TRUE(errors().empty());
}

}  // namespace
}  // namespace gateway
