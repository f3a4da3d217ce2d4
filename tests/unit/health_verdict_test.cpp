// Verdicts about services and about the whole system: what an answer, a refusal, a missing endpoint or silence means,
// and for how long. Read at chosen times, so that every bound is exact.
#include <gtest/gtest.h>

#include "cache.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

Source off_health(const std::string& service) {
  auto source = bare_health(service);
  source.on = false;
  return source;
}

class HealthVerdict : public ::testing::Test {
 protected:
  void answers(const std::string& service, const std::string& status, std::int64_t at, const std::optional<std::string>& error = {}) {
    Batch batch;
    batch.rows = 1;
    batch.writes = observed(service, status, at, 3.5, error,
                            {{"connection", "healthy", "probed", std::nullopt}, {"database", status, "reported", std::nullopt}});
    const auto rejected_row = cache_.succeed(service + ".health", at, batch);
    ASSERT_EQ(rejected_row, std::nullopt) << rejected_row->text;
  }
  void fails(const std::string& service, std::int64_t at, const Error& error) { cache_.fail(service + ".health", at, error); }

  Value effective(std::int64_t now, const std::string& service = "alpha") {
    return cache_.value("SELECT effective_status FROM service_health WHERE service = '" + service + "'", now);
  }
  Value last_known(std::int64_t now) { return cache_.value("SELECT last_known_status FROM service_health WHERE service = 'alpha'", now); }
  Value error(std::int64_t now) { return cache_.value("SELECT error FROM service_health WHERE service = 'alpha'", now); }
  Value component(std::int64_t now, const std::string& name) {
    return cache_.value("SELECT status FROM service_component WHERE service = 'alpha' AND component = '" + name + "'", now);
  }
  Value system(std::int64_t now) { return cache_.value("SELECT status FROM system_health", now); }

  Cache cache_{{bare_health("alpha"), bare_health("beta"), off_health("gamma")}};
  const Error refused_{ErrorClass::refused, "connection refused"};
  const Error timeout_{ErrorClass::timeout, "no answer"};
  const Error auth_{ErrorClass::auth, "HTTP 401"};
  const Error no_endpoint_{ErrorClass::missing, "HTTP 404"};
  static constexpr auto refusal_lasts = Cache::stale_after + Cache::backoff_cap;
};

TEST_F(HealthVerdict, a_service_never_asked_is_unknown) {
  EXPECT_EQ(effective(t0), Value("unknown"));
  EXPECT_EQ(last_known(t0), Value{});
}

TEST_F(HealthVerdict, is_what_the_service_says_while_fresh) {
  for (const std::string status : {"healthy", "degraded", "unhealthy"}) {
    answers("alpha", status, t0);
    EXPECT_EQ(effective(t0 + Cache::stale_after), Value(status));
  }
}

TEST_F(HealthVerdict, is_unknown_once_stale_with_the_last_known_beside_it) {
  answers("alpha", "healthy", t0);
  EXPECT_EQ(effective(t0 + Cache::stale_after + 1), Value("unknown"));
  EXPECT_EQ(last_known(t0 + Cache::stale_after + 1), Value("healthy"));
}

TEST_F(HealthVerdict, a_refusal_is_unhealthy_at_once_and_says_why) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, refused_);
  EXPECT_EQ(effective(t0 + 10), Value("unhealthy"));
  EXPECT_EQ(last_known(t0 + 10), Value("unhealthy"));
  EXPECT_EQ(error(t0 + 10), Value("connection refused"));
}

TEST_F(HealthVerdict, a_service_that_refused_from_the_start_is_unhealthy) {
  fails("alpha", t0, refused_);
  EXPECT_EQ(effective(t0), Value("unhealthy"));
}

TEST_F(HealthVerdict, a_refusal_stands_although_the_source_is_stale) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 1000, refused_);
  EXPECT_EQ(cache_.value("SELECT freshness FROM service_health WHERE service = 'alpha'", t0 + 1000), Value("stale"));
  EXPECT_EQ(effective(t0 + 1000), Value("unhealthy"));
  EXPECT_EQ(effective(t0 + 1000 + refusal_lasts - 1), Value("unhealthy"));
}

TEST_F(HealthVerdict, a_refusal_of_a_dead_gateway_becomes_unknown) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, refused_);
  EXPECT_EQ(effective(t0 + 10 + refusal_lasts + 1), Value("unknown"));
  EXPECT_EQ(last_known(t0 + 10 + refusal_lasts + 1), Value("unhealthy"));
}

TEST_F(HealthVerdict, a_timeout_is_no_observation) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, timeout_);
  EXPECT_EQ(effective(t0 + 20), Value("healthy"));
  EXPECT_EQ(last_known(t0 + 20), Value("healthy"));
  fails("alpha", t0 + 30, timeout_);
  EXPECT_EQ(effective(t0 + 31), Value("unknown"));
}

TEST_F(HealthVerdict, refused_credentials_are_no_observation) {
  answers("alpha", "degraded", t0);
  fails("alpha", t0 + 10, auth_);
  EXPECT_EQ(effective(t0 + 20), Value("degraded"));
}

TEST_F(HealthVerdict, the_error_of_the_attempt_is_shown_beside_the_last_observation) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, timeout_);
  EXPECT_EQ(error(t0 + 10), Value("no answer"));
}

TEST_F(HealthVerdict, a_timeout_after_a_refusal_ends_what_the_refusal_said) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 1000, refused_);
  fails("alpha", t0 + 1010, timeout_);
  EXPECT_EQ(effective(t0 + 1010), Value("unknown"));
}

TEST_F(HealthVerdict, a_missing_endpoint_is_unknown_at_once) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, no_endpoint_);
  EXPECT_EQ(effective(t0 + 10), Value("unknown"));
  EXPECT_EQ(last_known(t0 + 10), Value("healthy"));
}

TEST_F(HealthVerdict, recovery_shows_with_the_next_answer) {
  fails("alpha", t0, refused_);
  answers("alpha", "healthy", t0 + 10);
  EXPECT_EQ(effective(t0 + 10), Value("healthy"));
  EXPECT_EQ(error(t0 + 10), Value{});
}

TEST_F(HealthVerdict, the_status_has_a_time_since_when) {
  const auto since = [&] { return cache_.value("SELECT status_since FROM service_health WHERE service = 'alpha'", t0 + 40); };
  answers("alpha", "healthy", t0);
  answers("alpha", "healthy", t0 + 10);
  EXPECT_EQ(since(), Value(t0));
  fails("alpha", t0 + 20, refused_);
  EXPECT_EQ(since(), Value(t0 + 20));
  fails("alpha", t0 + 30, refused_);
  EXPECT_EQ(since(), Value(t0 + 20));
  answers("alpha", "healthy", t0 + 40);
  EXPECT_EQ(since(), Value(t0 + 40));
}

TEST_F(HealthVerdict, a_service_that_is_off_is_shown_as_unknown_and_off) {
  EXPECT_EQ(effective(t0, "gamma"), Value("unknown"));
  EXPECT_EQ(cache_.value("SELECT freshness FROM service_health WHERE service = 'gamma'", t0), Value("off"));
}

TEST_F(HealthVerdict, components_are_unknown_once_stale) {
  answers("alpha", "healthy", t0);
  EXPECT_EQ(component(t0 + Cache::stale_after, "database"), Value("healthy"));
  EXPECT_EQ(component(t0 + Cache::stale_after + 1, "database"), Value("unknown"));
}

TEST_F(HealthVerdict, a_refusal_says_that_we_could_not_reach_it) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 10, refused_);
  EXPECT_EQ(component(t0 + 10, "connection"), Value("unhealthy"));
}

TEST_F(HealthVerdict, components_that_are_no_longer_reported_vanish) {
  answers("alpha", "healthy", t0);
  Batch fewer;
  fewer.writes = observed("alpha", "healthy", t0 + 10, 1, std::nullopt, {{"connection", "healthy", "probed", std::nullopt}});
  cache_.succeed("alpha.health", t0 + 10, fewer);
  EXPECT_EQ(component(t0 + 10, "database"), Value{});
}

TEST_F(HealthVerdict, services_do_not_touch_each_others_components) {
  answers("alpha", "healthy", t0);
  answers("beta", "unhealthy", t0);
  answers("beta", "unhealthy", t0 + 5);
  EXPECT_EQ(component(t0 + 5, "database"), Value("healthy"));
}

TEST_F(HealthVerdict, a_change_across_an_unknown_carries_the_time_it_was_last_known_and_one_across_a_missed_poll_does_not) {
  answers("alpha", "healthy", t0);
  fails("alpha", t0 + 5, no_endpoint_);
  fails("alpha", t0 + 10, timeout_);
  answers("alpha", "degraded", t0 + 15);
  fails("alpha", t0 + 20, timeout_);
  answers("alpha", "healthy", t0 + 25);
  EXPECT_EQ(cache_.read("SELECT time, not_before_at FROM event_history WHERE event_type = 'service_status_changed' ORDER BY time", t0).rows,
            (std::vector<Row>{{static_cast<double>(t0 + 15), static_cast<double>(t0)}, {static_cast<double>(t0 + 25), Value{}}}));
}

class SystemHealth : public HealthVerdict {
 protected:
  // Brings both configured services to a status; `unknown` by silence.
  Value of(const std::string& alpha, const std::string& beta) {
    Cache fresh{{bare_health("alpha"), bare_health("beta"), off_health("gamma")}};
    for (const auto& [service, status] : {std::pair{"alpha", alpha}, std::pair{"beta", beta}}) {
      if (status == "unknown") continue;
      Batch batch;
      batch.writes = observed(service, status, t0, 1, std::nullopt, {});
      EXPECT_EQ(fresh.succeed(std::string(service) + ".health", t0, batch), std::nullopt);
    }
    return fresh.value("SELECT status FROM system_health", t0);
  }
};

TEST_F(SystemHealth, unhealthy_goes_before_unknown_before_degraded_before_healthy) {
  EXPECT_EQ(of("healthy", "healthy"), Value("healthy"));
  EXPECT_EQ(of("healthy", "degraded"), Value("degraded"));
  EXPECT_EQ(of("degraded", "unknown"), Value("unknown"));
  EXPECT_EQ(of("healthy", "unknown"), Value("unknown"));
  EXPECT_EQ(of("unknown", "unhealthy"), Value("unhealthy"));
  EXPECT_EQ(of("degraded", "unhealthy"), Value("unhealthy"));
  EXPECT_EQ(of("unknown", "unknown"), Value("unknown"));
}

TEST_F(SystemHealth, counts_configured_services_by_status) {
  answers("alpha", "degraded", t0);
  EXPECT_EQ(cache_.read("SELECT status, healthy, degraded, unhealthy, unknown FROM system_health", t0).rows,
            (std::vector<Row>{{"unknown", 0, 1, 0, 1}}));
}

TEST_F(SystemHealth, services_that_are_off_do_not_count) {
  answers("alpha", "healthy", t0);
  answers("beta", "healthy", t0);
  EXPECT_EQ(cache_.read("SELECT status, healthy, degraded, unhealthy, unknown FROM system_health", t0).rows,
            (std::vector<Row>{{"healthy", 2, 0, 0, 0}}));
}

TEST_F(SystemHealth, is_as_stale_as_its_stalest_service) {
  const auto freshness = [&](std::int64_t now) { return cache_.value("SELECT freshness FROM system_health", now); };
  answers("alpha", "healthy", t0);
  EXPECT_EQ(freshness(t0), Value("never"));
  answers("beta", "healthy", t0 + 20);
  EXPECT_EQ(freshness(t0 + 20), Value("fresh"));
  EXPECT_EQ(freshness(t0 + 40), Value("stale"));
  EXPECT_EQ(system(t0 + 40), Value("unknown"));
  EXPECT_EQ(cache_.read("SELECT fetched_at, age_s FROM system_health", t0 + 25).rows, (std::vector<Row>{{t0, 25}}));
}

TEST_F(SystemHealth, has_not_the_age_of_what_is_missing) {
  const auto age = [&] { return cache_.read("SELECT status, fetched_at, age_s, freshness FROM system_health", t0 + 45).rows; };
  answers("alpha", "healthy", t0);
  answers("beta", "healthy", t0 + 40);
  fails("alpha", t0 + 42, no_endpoint_);
  EXPECT_EQ(age(), (std::vector<Row>{{"unknown", t0 + 40, 5, "fresh"}}));
  fails("beta", t0 + 43, no_endpoint_);
  EXPECT_EQ(age(), (std::vector<Row>{{"unknown", Value{}, Value{}, "missing"}}));
}

TEST_F(SystemHealth, is_unknown_when_nothing_is_configured) {
  Cache none{{off_health("gamma")}};
  EXPECT_EQ(none.read("SELECT status, healthy, degraded, unhealthy, unknown FROM system_health", t0).rows,
            (std::vector<Row>{{"unknown", 0, 0, 0, 0}}));
}

}  // namespace
}  // namespace gateway
