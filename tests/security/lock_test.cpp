// Nobody but those who may publish can keep the gateway from starting, and whoever does is named.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fstream>

#include "shared_directory.hpp"

namespace security {
namespace {

using integration::eventually;

class LockFile : public SharedDirectory {
 protected:
  mode_t mode() const {
    struct stat status{};
    EXPECT_EQ(::lstat(beside(".lock").c_str(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    return status.st_mode & 07777U;
  }
  // flock(1), which fails at once when it cannot open or lock.
  int can_lock(uid_t user, const std::string& how = "-x") const { return as(user, "flock " + how + " -n cache.db.lock true"); }
};

TEST_P(LockFile, CannotBeHeldByAReaderOfTheCache) {
  start_and_publish();
  EXPECT_EQ(mode(), 0660U);
  gateway_->terminate();
  for (const auto* how : {"-x", "-s"}) EXPECT_NE(can_lock(stranger, how), 0) << how;
  EXPECT_NE(as(stranger, "exec 9<cache.db.lock"), 0) << "it can be opened";
  EXPECT_EQ(can_lock(group_member), 0) << "who may publish must be able to";
}

TEST_P(LockFile, OfADirectoryThatIsNotSharedIsTheOwnersAlone) {
  std::filesystem::permissions(directory_, std::filesystem::perms{0755});
  start_and_publish();
  EXPECT_EQ(mode(), 0600U);
}

TEST_P(LockFile, OfAnEarlierVersionIsClosedToReaders) {
  std::filesystem::permissions(beside(".lock"), std::filesystem::perms{0644});
  EXPECT_EQ(can_lock(stranger), 0) << "the attack that this is about";
  start_and_publish();
  EXPECT_EQ(mode(), 0660U);
  EXPECT_NE(as(stranger, "exec 9<cache.db.lock"), 0);
}

// A name and a process id in the file prove nothing: anybody could have written them.
TEST_P(LockFile, ThatSomebodyHoldsAlreadyNamesHimAsTheKernelDoes) {
  std::ofstream(beside(".lock")) << "process 1 of uid 0 on elsewhere\n";
  std::filesystem::permissions(beside(".lock"), std::filesystem::perms{0644});
  integration::Process holder(
      {.words = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "flock", beside(".lock").string(), "-c", "exec sleep 60"},
       .environment = {{"PATH", "/usr/bin:/bin"}}});
  ASSERT_TRUE(eventually([&] { return can_lock(stranger) != 0; }));
  EXPECT_EQ(start_and_wait(), 1);
  EXPECT_NE(log().find("uid 65534"), std::string::npos) << log();
  EXPECT_NE(log().find(fmt::format("process {}", holder.pid())), std::string::npos) << log();
  EXPECT_EQ(log().find("elsewhere"), std::string::npos) << log();
}

INSTANTIATE_TEST_SUITE_P(Umask, LockFile, ::testing::Values("077", "000"));

}  // namespace
}  // namespace security
