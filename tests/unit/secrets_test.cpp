// What the mask hides in a peer's texts, and what it leaves alone.
#include <gtest/gtest.h>

#include <memory>

#include "ask/masked_upstream.hpp"
#include "base/secrets.hpp"

namespace gateway {
namespace {

const std::string password = "pl4nted Secret+7/ü";
const SecretMask mask({password, "guest", "", "pl4nted"});

TEST(SecretMask, hides_a_secret_wherever_it_stands) {
  EXPECT_EQ(mask.masked(password), "***");
  EXPECT_EQ(mask.masked("user=x password=" + password + " host=y, again " + password), "user=x password=*** host=y, again ***");
  EXPECT_EQ(mask.masked("nothing here"), "nothing here");
  EXPECT_EQ(mask.masked(""), "");
}

TEST(SecretMask, hides_a_secret_that_contains_another_one_whole) {
  EXPECT_EQ(mask.masked("<" + password + ">"), "<***>");
  EXPECT_EQ(mask.masked("<pl4nted>"), "<***>");
}

// printf '%s' 'PREFIXpl4nted Secret+7/ü' | base64, for prefixes of three lengths
TEST(SecretMask, hides_base64_at_every_offset) {
  for (const std::string encoded : {"cGw0bnRlZCBTZWNyZXQrNy/DvA==", "YTpwbDRudGVkIFNlY3JldCs3L8O8", "dXM6cGw0bnRlZCBTZWNyZXQrNy/DvA=="}) {
    const auto masked = mask.masked("Authorization: Basic " + encoded);
    EXPECT_NE(masked.find("***"), std::string::npos) << encoded;
    EXPECT_EQ(masked.find("bnRlZ"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("NlY3JldC"), std::string::npos) << masked;
    EXPECT_EQ(masked.find("ZWNyZXQr"), std::string::npos) << masked;
  }
}

TEST(SecretMask, hides_the_percent_encoded_form) {
  EXPECT_EQ(mask.masked("postgres://u:pl4nted%20Secret%2B7%2F%C3%BC@db"), "postgres://u:***@db");
  EXPECT_EQ(mask.masked("postgres://u:pl4nted%20Secret%2b7%2f%c3%bc@db"), "postgres://u:***@db");
  EXPECT_EQ(mask.masked("?password=pl4nted+%53ecret%2B7/%c3%BC&x=100%"), "?password=***&x=100%");
  EXPECT_EQ(mask.masked("?password=pl4nted%20Secr…"), "?password=***…");
  EXPECT_EQ(mask.masked("50% of pl4nt, 100%2"), "50% of pl4nt, 100%2");
}

TEST(SecretMask, hides_an_encoded_percent_sign) {
  const SecretMask percent({"key=100%!"});
  EXPECT_EQ(percent.masked("key%3D100%25!"), "***");
  EXPECT_EQ(percent.masked("key%3D100%!"), "***");
}

TEST(SecretMask, hides_the_escaped_form) {
  EXPECT_EQ(mask.masked(R"({\"password\":\"pl4nted Secret+7\/ü\"})"), R"({\"password\":\"***\"})");
}

TEST(SecretMask, hides_what_is_left_of_a_secret_that_was_cut_off) {
  EXPECT_EQ(mask.masked("password is pl4nted Secr…").find("Secr"), std::string::npos);
  EXPECT_EQ(mask.masked("the end is pl4n"), "the end is pl4n") << "a short text was not cut off";
}

TEST(SecretMask, leaves_data_with_a_short_secret_in_it) {
  EXPECT_EQ(mask.masked("guest may not"), "*** may not");
  EXPECT_EQ(mask.masked_data("guest.orders"), "guest.orders");
  EXPECT_EQ(mask.masked_data("reasoning: " + password), "reasoning: ***");
}

class Echo : public Upstream {
 public:
  std::vector<Outcome> attempt(std::span<Job>, const Deadline&) override {
    Batch batch{.writes = {{.table = "t", .columns = {"a", "b"}, .rows = {{"x " + password, std::int64_t{1}}}, .scope = {}}}};
    return {{.source = "a", .timing = {}, .result = std::move(batch)},
            {.source = "b", .timing = {}, .result = failure(ErrorClass::auth, "wrong password " + password)}};
  }
  void cancel() override {}
  std::string identity() const override { return "1/" + password; }
};

TEST(MaskedUpstream, masks_rows_errors_and_identity) {
  MaskedUpstream upstream(std::make_shared<Echo>(), {password, "guest", "", "pl4nted"});
  const auto outcomes = upstream.attempt({}, Deadline(Milliseconds{1}));
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].result->writes[0].rows[0], (Row{std::string("x ***"), std::int64_t{1}}));
  EXPECT_EQ(outcomes[1].result.error().text, "wrong password ***");
  EXPECT_EQ(upstream.identity(), "1/***");
}

}  // namespace
}  // namespace gateway
