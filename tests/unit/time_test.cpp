// The upstreams' many ways to write a time, and what is none. Without a zone a time is UTC, whatever the machine's own.
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace gateway {
namespace {

constexpr double ten_o_clock = 1764583200;  // 2025-12-01 10:00:00 UTC

struct Written {
  const char* text;
  double seconds_after_ten;
};

class ParseTime : public ::testing::TestWithParam<Written> {};

TEST_P(ParseTime, reads) {
  const auto parsed = parse_time(GetParam().text);
  ASSERT_TRUE(parsed.has_value()) << GetParam().text;
  EXPECT_NEAR(*parsed, ten_o_clock + GetParam().seconds_after_ten, 1e-6) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    AllFormats, ParseTime,
    ::testing::Values(Written{"2025-12-01 10:00:00", 0},                                                   // PostgreSQL, no fraction
                      Written{"2025-12-01 10:00:00.5", 0.5},                                               // trailing zeros cut
                      Written{"2025-12-01 10:00:00.123456", 0.123456}, Written{"2025-12-01T10:00:00", 0},  // ws-gateway
                      Written{"2025-12-01T10:05:00.123456", 300.123456}, Written{"2025-12-01T10:00:00.123456Z", 0.123456},  // order-manager
                      Written{"2025-12-01T10:00:00Z", 0}, Written{"2025-12-01T10:00:00.123456+00:00", 0.123456},  // feature-service
                      Written{"2025-12-01T10:00:00.616+00:00", 0.616},                                            // RabbitMQ
                      Written{"2025-12-01 10:00:00.616", 0.616}, Written{"2025-12-01T10:00:00.123456789Z", 0.123456789},
                      Written{"2025-12-01T13:30:00+03:30", 0}, Written{"2025-12-01T05:00:00-05:00", 0},
                      Written{"2025-12-01T12:00:00+0200", 0}, Written{"  2025-12-01 10:00:00\n", 0},
                      Written{"2025-12-02T00:00:00+14:00", 0}, Written{"1970-01-01T00:00:00Z", -ten_o_clock},
                      Written{"2024-02-29 10:00:00", -641 * 86400.0}));

class BadTime : public ::testing::TestWithParam<const char*> {};

TEST_P(BadTime, is_not_available) { EXPECT_EQ(parse_time(GetParam()), std::nullopt) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(AllKinds, BadTime,
                         ::testing::Values("", " ", "now", "infinity", "-infinity", "2025-12-01", "10:00:00", "1764583200",
                                           "2025-12-01_10:00:00", "2025-13-01 10:00:00", "2025-00-01 10:00:00", "2025-02-29 10:00:00",
                                           "2025-12-32 10:00:00", "2025-12-01 24:00:00", "2025-12-01 10:60:00", "2025-12-01 10:00:61",
                                           "2025-12-01 10:00", "2025-12-01 10:00:00.", "2025-12-01 10:00:00.1234567890",
                                           "2025-12-01 10:00:00 MSK", "2025-12-01 10:00:00+3", "2025-12-01 10:00:00+03:60",
                                           "2025-12-01 10:00:00Zx", "2025-12-01 10:00:00+00:00Z", "25-12-01 10:00:00", "2025-1-1 1:0:0",
                                           "2025-12-01 -1:00:00", "2025/12/01 10:00:00"));

}  // namespace
}  // namespace gateway
