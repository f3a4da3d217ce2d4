// What `check` concludes from the kernel's list of mounts, from modes and owners, and from two clocks.
#include <gtest/gtest.h>

#include "check/clock.hpp"
#include "check/mounts.hpp"
#include "check/reader.hpp"
#include "check/remedy.hpp"

namespace gateway {
namespace {

constexpr const char* mountinfo =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "40 22 0:50 / /srv rw,relatime - nfs4 server:/srv rw\n"
    "41 40 0:51 / /srv/with\\040blank rw - ext4 /dev/sdb1 rw\n"
    "42 22 8:1 /x /var/lib/cache.db rw - ext4 /dev/sda1 rw\n"
    "cut off line\n";

TEST(Mounts, the_longest_mount_point_counts) {
  EXPECT_EQ(mount_of("/srv/cache", mountinfo)->type, "nfs4");
  EXPECT_EQ(mount_of("/srv/with blank/cache", mountinfo)->type, "ext4");
  EXPECT_EQ(mount_of("/srvx", mountinfo)->type, "ext4");
  EXPECT_EQ(mount_of("/srvx", mountinfo)->point, "/");
  EXPECT_EQ(mount_of("/var/lib/cache.db", mountinfo)->point, "/var/lib/cache.db");
  EXPECT_FALSE(mount_of("/x", ""));
}

TEST(Mounts, network_and_desktop_file_systems_are_unfit) {
  for (const char* type : {"nfs4", "cifs", "9p", "virtiofs", "vboxsf", "fuse.osxfs", "fuse.sshfs"}) EXPECT_TRUE(unfit(type)) << type;
  for (const char* type : {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs"}) EXPECT_FALSE(unfit(type)) << type;
}

struct stat file_of(uid_t uid, gid_t gid, mode_t mode) {
  struct stat status{};
  status.st_uid = uid;
  status.st_gid = gid;
  status.st_mode = S_IFREG | mode;
  return status;
}

TEST(Readers, owner_group_and_others_are_told_apart_as_the_kernel_does) {
  const Reader reader{.name = "r", .uid = 472, .groups = {0, 10002}};
  EXPECT_TRUE(may(reader, file_of(1, 10002, 0440), S_IROTH));
  EXPECT_FALSE(may(reader, file_of(1, 10003, 0440), S_IROTH));
  EXPECT_TRUE(may(reader, file_of(1, 10003, 0444), S_IROTH));
  EXPECT_FALSE(may(reader, file_of(1, 10002, 0404), S_IROTH)) << "the group's bits count for its members, not the others'";
  EXPECT_FALSE(may(reader, file_of(472, 1, 0044), S_IROTH)) << "the owner's bits count for the owner";
}

TEST(Readers, are_named_or_numbered) {
  EXPECT_EQ(find_reader("472:10002,7")->groups, (std::vector<gid_t>{10002, 7}));
  EXPECT_EQ(find_reader("root")->uid, 0U);
  EXPECT_FALSE(find_reader("472:wheel"));
  EXPECT_FALSE(find_reader("1:2:3"));
  EXPECT_FALSE(find_reader("no such user"));
}

TEST(Clocks, five_seconds_are_tolerated) {
  EXPECT_FALSE(clock_finding("x", 1005, 999, 1000, 0));
  EXPECT_FALSE(clock_finding("x", 995, 1000, 1001, 0));
  EXPECT_FALSE(clock_finding("x", 994, 1000, 1001, 1)) << "of whole seconds, one more";
  EXPECT_NE(clock_finding("x", 1060, 999, 1000, 0)->what.find("60 s ahead"), std::string::npos);
  EXPECT_NE(clock_finding("x", 940, 1000, 1001, 0)->what.find("60 s behind"), std::string::npos);
}

TEST(Remedies, every_class_has_one_at_every_kind_of_upstream) {
  for (const char* upstream : {"postgres", "rabbitmq", "model-service", "risk-engine"}) {
    for (const char* kind :
         {"dns", "refused", "closed", "timeout", "tls", "auth", "http", "malformed", "too_large", "sql", "missing", "other"}) {
      EXPECT_GT(remedy_of(upstream, kind, "").size(), 20U) << upstream << kind;
    }
  }
  EXPECT_NE(remedy_of("order-manager", "auth", "").find("ORDERMANAGER_API_KEY"), std::string::npos);
  EXPECT_NE(remedy_of("risk-engine", "refused", "").find("HEALTH_SERVICES"), std::string::npos);
  EXPECT_EQ(remedy_of("bank", "auth", "HTTP 401"),
            "set the secret that its file in DATASETS_DIR names to the key that the service expects");
  EXPECT_EQ(remedy_of("shop", "auth", "permission denied for table carts (42501)"),
            "as the owner of the tables, run what cache-gateway grants prints for shop");
}

}  // namespace
}  // namespace gateway
