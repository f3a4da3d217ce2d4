// Runs the tests and, whatever they come to, stops the PostgreSQL they have started.
#include <gtest/gtest.h>

#include <csignal>

#include "private_postgres.hpp"

namespace {

class Servers : public ::testing::Environment {
 public:
  void TearDown() override { integration::PrivatePostgres::end(); }
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::AddGlobalTestEnvironment(new Servers);
  return RUN_ALL_TESTS();
}
