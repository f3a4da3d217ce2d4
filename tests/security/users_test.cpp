// The gateway as each of three users, under three umasks, in a directory where every name that it opens is something else
// already: links, FIFOs, sockets, devices, directories, files of others. It publishes, and nothing private to its user is harmed.
#include <SQLiteCpp/Database.h>
#include <fmt/format.h>

#include <fstream>

#include "shared_directory.hpp"

namespace security {
namespace {

const std::vector<std::string> names{"cache.db",        "cache.db.next",    "cache.db.saved",
                                     "cache.db.lock",   "cache.db-journal", "cache.db.saved.next",
                                     "cache.db-wal",    "cache.db-shm",     "cache.db.aside-2020-01-01T00-00-00.000Z-broken",
                                     "cache.db.aside-2"};

const std::vector<std::string> plants{
    "ln -s ../victim {}",
    "ln -s {0} {0}",
    "ln ../victim {}",
    "mkfifo -m 666 {}",
    "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind(\\\"{}\\\")\"",
    "mkdir {0} && echo precious > {0}/x",
    "mknod -m 666 {} c 1 5",
    "echo theirs > {0} && chmod 666 {0} && chown 65534:65534 {0}",
    "ln -s ../absent {}",
    "ln -s /dev/zero {}",
    "cp ../endless.db {0} && chown 65534:65534 {0}",
};

class Users : public SharedDirectory {
 protected:
  void plant_all(std::size_t turn) {
    ASSERT_EQ(as(std::string("--reuid=0"), "find . -mindepth 1 -delete").code, 0);
    for (std::size_t n = 0; n < names.size(); ++n) {
      const auto& words = plants[(n + turn) % plants.size()];
      const auto command = fmt::format("cd '{}' && {}", directory_.string(), fmt::format(fmt::runtime(words), names[n]));
      const auto done = integration::run({"sh", "-c", command}, {{"PATH", "/usr/bin:/bin"}});
      ASSERT_EQ(done.code, 0) << command << done.errors;
    }
  }
  // A database whose table of events has no end.
  void make_endless() const {
    SQLite::Database database((scratch_ / "endless.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("CREATE VIEW event AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n");
  }
  void try_all(const GatewayUser& user) {
    run_as(user);
    make_endless();
    for (const std::size_t turn : {0U, 4U, 7U}) {
      SCOPED_TRACE(turn);
      gateway_.reset();
      plant_all(turn);
      if (HasFatalFailure()) return;
      start_and_publish();
      expect_victim_unharmed();
      expect_good_cache();
      EXPECT_FALSE(std::filesystem::exists(scratch_ / "absent"));
      if (HasFailure()) return;
    }
  }
};

TEST_P(Users, RootIsNotLedAstray) { try_all(root); }
TEST_P(Users, TheContainersUserIsNotLedAstray) { try_all(container); }
TEST_P(Users, TheOwnerOfTheCloneIsNotLedAstray) { try_all(cloner); }

INSTANTIATE_TEST_SUITE_P(Umask, Users, ::testing::Values("022", "077", "000"));

}  // namespace
}  // namespace security
