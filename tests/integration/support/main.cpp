// Runs the tests of any suite as the gateway itself runs.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>

int main(int argc, char** argv) {
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);  // its statistics are one lock for all threads
  std::signal(SIGPIPE, SIG_IGN);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
