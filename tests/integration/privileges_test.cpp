// What the running gateway has given up: nobody gets at its memory by a core file or a debugger, and nothing it executes
// gains privileges.
#include <fmt/format.h>
#include <sys/stat.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Privileges : public Integration {
 protected:
  std::string of_process(const std::string& file) { return content(fmt::format("/proc/{}/{}", gateway().pid(), file)); }
};

TEST_F(Privileges, ItLeavesNoCoreFileAndGainsNoPrivileges) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.health", "fresh"));
  EXPECT_NE(of_process("status").find("NoNewPrivs:\t1"), std::string::npos) << of_process("status");
  const auto limits = of_process("limits");
  const auto core = limits.substr(limits.find("Max core file size"));
  EXPECT_EQ(core.substr(0, core.find('\n')).find_first_of("123456789u"), std::string::npos) << core.substr(0, core.find('\n'));
}

// The kernel gives the files below /proc/PID of a process that cannot be dumped to root.
TEST_F(Privileges, AnotherProcessOfItsUserCannotReadItsMemoryOrEnvironment) {
  constexpr unsigned nobody = 65534;
  std::filesystem::permissions(directory(), std::filesystem::perms::all);
  start_gateway({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  ASSERT_TRUE(becomes("postgres.health", "fresh"));
  EXPECT_NE(of_process("status").find(fmt::format("Uid:\t{}", nobody)), std::string::npos);
  for (const auto* file : {"environ", "mem", "maps"}) {
    struct stat found{};
    ASSERT_EQ(::stat(fmt::format("/proc/{}/{}", gateway().pid(), file).c_str(), &found), 0) << file;
    EXPECT_EQ(found.st_uid, 0U) << file << " belongs to the gateway's user, who may read it";
  }
}

}  // namespace
}  // namespace integration
