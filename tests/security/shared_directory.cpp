#include "shared_directory.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "../integration/support/scratch.hpp"

namespace security {
namespace {

constexpr const char* secret = "the victim's secret, which nobody else may read";

}  // namespace

SharedDirectory::SharedDirectory() {
  scratch_ = integration::new_directory(std::filesystem::temp_directory_path(), "security");
  directory_ = scratch_ / "cache";
  cache_ = directory_ / "cache.db";
  victim_ = scratch_ / "victim";
  std::ofstream(victim_) << secret;
  std::filesystem::permissions(victim_, std::filesystem::perms{0600});
  std::filesystem::create_directory(directory_);
  settings_ = integration::quick_settings(cache_);
  for (const auto* host : {"POSTGRES_HOST", "RABBITMQ_HOST"}) settings_[host] = "127.0.0.1";
  settings_["POSTGRES_PORT"] = settings_["RABBITMQ_MANAGEMENT_PORT"] = "1";
  settings_["SAVE_INTERVAL"] = settings_["PUBLISH_INTERVAL"] = "50ms";
  settings_["SAVE_BUDGET"] = "1000TB";
  settings_["GRAFANA_POSTGRES_PASSWORD"] = "unused";
}

SharedDirectory::~SharedDirectory() {
  const auto said = log();
  gateway_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(scratch_, ignored);
  if (HasFailure()) std::cerr << "the gateway's log:\n" << said << '\n';
}

void SharedDirectory::SetUp() {
  ASSERT_EQ(::geteuid(), 0U) << "these tests need root: they are done by three users";
  ASSERT_EQ(integration::run({PREPARE_CACHE_DIRECTORY, directory_.string()}).code, 0);
}

void SharedDirectory::run_as(const GatewayUser& user) {
  user_ = user;
  ASSERT_EQ(::chown(directory_.c_str(), user.directory_owner, group_member), 0);
  ASSERT_EQ(::chown(victim_.c_str(), user.uid, user.uid), 0);
  ASSERT_EQ(integration::run({PREPARE_CACHE_DIRECTORY, directory_.string()}).code, 0);
}

void SharedDirectory::start() {
  gateway_.reset();
  const auto change = user_.words.empty() ? "" : "setpriv " + user_.words;
  gateway_ = std::make_unique<integration::Gateway>(
      settings_, scratch_ / "log",
      std::vector<std::string>{"sh", "-c", fmt::format("PATH=/usr/bin:/bin; umask {}; exec {} \"$@\"", GetParam(), change), "sh"});
}

void SharedDirectory::start_and_publish() {
  start();
  ASSERT_TRUE(publishes_again());
}

::testing::AssertionResult SharedDirectory::publishes_again() {
  const auto count = [&]() -> std::int64_t {
    struct stat status{};
    if (::lstat(cache_.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return -1;
    try {
      return integration::Reader(cache_).number("SELECT publish_count FROM gateway");
    } catch (const std::exception&) {
      return -1;  // not yet ours
    }
  };
  const auto before = count();
  return integration::eventually([&] { return count() > 0 && count() != before; });
}

int SharedDirectory::start_and_wait() {
  start();
  return gateway_->wait();
}

int SharedDirectory::as(uid_t user, const std::string& words) const {
  const auto id = std::to_string(user);
  return as(fmt::format("--reuid={0} --regid={0} --clear-groups", id), words).code;
}

integration::Finished SharedDirectory::as(const std::string& who, const std::string& words) const {
  const auto command = fmt::format("exec setpriv {} sh -c 'cd \"$0\" && {}' \"$0\"", who, words);
  return integration::run({"sh", "-c", command, directory_.string()}, {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}});
}

void SharedDirectory::expect_victim_unharmed() const {
  EXPECT_EQ(integration::content(victim_), secret);
  struct stat status{};
  ASSERT_EQ(::lstat(victim_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_uid, user_.uid);
  EXPECT_EQ(status.st_gid, user_.uid);
  // Nothing with the secret in it can be read by others.
  expect_no_secret_shown(directory_);
}

// What the gateway moves away meanwhile is passed over.
void SharedDirectory::expect_no_secret_shown(const std::filesystem::path& directory) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator(directory, gone)) {
    struct stat found{};
    if (::lstat(entry.path().c_str(), &found) != 0) continue;
    if (S_ISDIR(found.st_mode)) expect_no_secret_shown(entry.path());
    if (!S_ISREG(found.st_mode) || integration::content(entry.path()).find(secret) == std::string::npos) continue;
    EXPECT_EQ(found.st_mode & 077, 0U) << entry.path() << " shows the secret";
  }
}

void SharedDirectory::expect_good_cache() const {
  struct stat status{};
  ASSERT_EQ(::lstat(cache_.c_str(), &status), 0);
  EXPECT_TRUE(S_ISREG(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0444U);
  EXPECT_EQ(integration::Reader(cache_).text("PRAGMA integrity_check"), "ok");
}

}  // namespace security
