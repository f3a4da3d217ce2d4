// Runs the tests and, whatever they come to, stops the server they have started.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>

#include "../integration/support/private_postgres.hpp"

namespace {

class Servers : public ::testing::Environment {
 public:
  void TearDown() override { integration::PrivatePostgres::end(); }
};

}  // namespace

int main(int argc, char** argv) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // its statistics are one lock for all threads
  std::signal(SIGPIPE, SIG_IGN);
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::AddGlobalTestEnvironment(new Servers);
  return RUN_ALL_TESTS();
}
