// A cache directory that an attacker can write, or only read, and a gateway that runs as root in it: the attacker is to gain
// nothing that is root's. Upstreams are none: their ports are closed. Root is needed to be three users.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../integration/support/eventually.hpp"
#include "../integration/support/gateway.hpp"
#include "../integration/support/reader.hpp"

namespace security {

constexpr uid_t group_member = 10001, stranger = 65534;

// Who runs the gateway, by the words of setpriv(1), and who owns the directory.
struct GatewayUser {
  uid_t uid;
  std::string words;
  uid_t directory_owner;
};
inline const GatewayUser root{0, "", 0};
// As docker-compose.yml does, in a clone of somebody's, and that somebody without a container.
inline const GatewayUser container{10001, "--reuid=10001 --regid=10002 --groups=10001", 12345};
inline const GatewayUser cloner{12345, "--reuid=12345 --regid=12345 --clear-groups", 12345};

// The parameter is the umask that the gateway is started under.
class SharedDirectory : public ::testing::TestWithParam<std::string> {
 protected:
  SharedDirectory();
  ~SharedDirectory() override;
  void SetUp() override;
  // The victim's file is his who runs the gateway. Root, unless a test says so before its first start.
  void run_as(const GatewayUser& user);

  void start();
  // Starts it and waits until what it published is there.
  void start_and_publish();
  ::testing::AssertionResult publishes_again();
  int start_and_wait();
  std::string log() const { return integration::content(scratch_ / "log"); }

  std::filesystem::path beside(const std::string& suffix) const { return cache_.string() + suffix; }
  // Shell words, in the cache directory, as another user. The exit code.
  int as(uid_t user, const std::string& words) const;
  // With these words of setpriv(1) for who.
  integration::Finished as(const std::string& who, const std::string& words) const;
  // The victim's file is what it was.
  void expect_victim_unharmed() const;
  static void expect_no_secret_shown(const std::filesystem::path& directory);
  // A regular file of one link that the gateway has made.
  void expect_good_cache() const;

  std::filesystem::path scratch_, directory_, cache_, victim_;
  integration::Variables settings_;
  GatewayUser user_ = root;
  std::unique_ptr<integration::Gateway> gateway_;
};

}  // namespace security
