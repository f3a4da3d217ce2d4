// Addresses of HTTP upstreams: taken apart, or refused.
#include "settings/url.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(ParseUrl, takes_it_apart) {
  const auto url = parse_url("https://example.org:8443/base/");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/base/") << "as written: some servers redirect from the one without the slash";
}

TEST(ParseUrl, knows_the_ports_of_its_schemes) {
  EXPECT_EQ(parse_url("http://host")->port, 80);
  EXPECT_EQ(parse_url("https://host")->port, 443);
}

TEST(ParseUrl, takes_ipv6_in_brackets) {
  const auto url = parse_url("http://[::1]:4400");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 4400);
}

TEST(ParseUrl, refuses_what_is_none) {
  for (const auto* bad : {"", "host", "host:80", "ftp://host", "http://", "http://:80", "http://host:", "http://host:0",
                          "http://host:65536", "http://host:80x", "http://user:pw@host", "http://host/?q=1", "http://host/#x",
                          "http://host?q", "http://ho st", "http://[::1", "http://[::1]80", "http://host/a b"}) {
    EXPECT_FALSE(parse_url(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace gateway
