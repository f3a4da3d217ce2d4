// The command line: help and version everywhere, mistakes are exit 2, a .env file below the environment, and one gateway
// a file.
#include <fmt/format.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class CommandLine : public Integration {
 protected:
  CommandLine() { be_patient(); }
};

TEST_F(CommandLine, HelpNamesTheCommandsAndNeedsNoSettings) {
  const auto help = cache_gateway({"--help"}, {});
  EXPECT_EQ(help.code, 0);
  for (const char* command : {"run", "once", "check", "status", "why", "ping"}) {
    EXPECT_NE(help.output.find(command), std::string::npos) << command;
    EXPECT_EQ(cache_gateway({command, "--help"}, {}).code, 0) << command;
  }
}

TEST_F(CommandLine, VersionIsOneLine) {
  const auto version = cache_gateway({"--version"}, {});
  EXPECT_EQ(version.code, 0);
  EXPECT_FALSE(version.output.empty());
  EXPECT_EQ(std::count(version.output.begin(), version.output.end(), '\n'), 1);
  EXPECT_NE(version.output.find("(commit "), std::string::npos) << version.output;
  for (const char* command : {"run", "once", "check", "status", "why", "ping"}) {
    const auto also = cache_gateway({command, "--version"}, {});
    EXPECT_EQ(also.code, 0) << command;
    EXPECT_EQ(also.output, version.output) << command;
  }
}

TEST_F(CommandLine, AMistakeIsTwo) {
  EXPECT_EQ(cache_gateway({"fly"}, settings).code, 2);
  EXPECT_EQ(cache_gateway({"once", "--slowly"}, settings).code, 2);
  EXPECT_EQ(cache_gateway({"--env-file", (directory() / "none").string(), "once"}, settings).code, 2);
  EXPECT_FALSE(std::filesystem::exists(cache()));
}

TEST_F(CommandLine, SettingsMayComeFromAFileAndTheEnvironmentWins) {
  const auto file = directory().parent_path() / "settings.env";
  {
    std::ofstream out(file);
    out << "# a comment\n";
    for (const auto& [name, value] : settings) out << (name == "POSTGRES_HOST" ? "export " : "") << name << "=\"" << value << "\"\n";
  }
  EXPECT_EQ(cache_gateway({"--env-file", file.string(), "once"}, {}).code, 0);
  EXPECT_EQ(cache_gateway({"once", "--env-file", file.string()}, {{"POSTGRES_PORT", std::to_string(free_port())}}).code, 3);
}

TEST_F(CommandLine, WithoutACommandItRuns) {
  const Process process({.words = {CACHE_GATEWAY}, .environment = settings, .output = log_file(), .errors = log_file()});
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

TEST_F(CommandLine, ASecondGatewayOnTheSameFileIsRefusedAndTheFirstNamed) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  for (const char* command : {"run", "once"}) {
    const auto second = cache_gateway({command}, settings);
    EXPECT_EQ(second.code, 1) << command;
    EXPECT_NE(second.errors.find(std::to_string(gateway().pid())), std::string::npos) << second.errors;
  }
  EXPECT_TRUE(gateway().running());
  const auto since = now();
  ASSERT_TRUE(eventually([&] { return attempts("postgres.signals", since + 1) >= 2; }));
  gateway().kill();
  EXPECT_EQ(cache_gateway({"once"}, settings).code, 0) << "the lock ends with its holder, however that ends";
}

}  // namespace
}  // namespace integration
