// `check --ask` of a host whose clock differs from its upstreams'. The clock is libfaketime's.
#include "../integration/support/fixture.hpp"

namespace faults {
namespace {

class CheckClock : public integration::Integration {};

TEST_F(CheckClock, AClockThatDiffersIsNamedAtEachUpstreamThatTellsItsOwn) {
  be_patient();
  settings["LD_PRELOAD"] = LIBFAKETIME;
  settings["FAKETIME"] = "-90";
  settings["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
  const auto done = integration::cache_gateway({"check", "--ask"}, settings);
  EXPECT_EQ(done.code, 3) << done.output << done.errors;
  EXPECT_NE(done.output.find("WRONG the clock of PostgreSQL at "), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("WRONG the clock of RabbitMQ at "), std::string::npos) << done.output;
  EXPECT_NE(done.output.find(" s ahead of this host's"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("timedatectl set-ntp true"), std::string::npos) << done.output;
}

}  // namespace
}  // namespace faults
