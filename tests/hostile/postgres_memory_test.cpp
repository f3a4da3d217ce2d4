// A server that answers without an end, in every way the protocol has: none makes the gateway take more than its share.
#include <gtest/gtest.h>

#include "answers.hpp"
#include "postgres_messages.hpp"
#include "postgres_settings.hpp"
#include "postgres_trial.hpp"
#include "trial.hpp"

namespace hostile {
namespace {

using namespace std::string_literals;

constexpr double bound_mib = 64;
constexpr int times = 10;

// After `first`, a mebibyte of `endless` over and over.
Script flood(const std::string& before, const std::string& first, const std::string& endless) {
  std::string piece;
  while (piece.size() < std::size_t{1} << 20) piece += endless;
  return [=](Peer& peer, const std::string& hello) {
    if (hello.size() == 8 && (!peer.send("N") || peer.receive().empty())) return false;
    if (!before.empty() && (!peer.send(before) || peer.receive().empty())) return false;
    if (!peer.send(first)) return false;
    while (peer.send(piece)) {
    }
    return false;
  };
}

struct Flood {
  const char* name;
  Script script;
};

std::string names_without_end() {
  std::string all;
  for (int n = 0; n < 50'000; ++n) all += message('S', "p" + std::to_string(n) + "\0v\0"s);
  return all;
}

const std::vector<Flood>& floods() {
  const auto in = trust + ready;
  const auto no_columns = message('T', "\0\0"s), one_column = message('T', "\0\1a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"s);
  static const std::vector<Flood> table{
      {"RowsWithoutColumns", flood(in, no_columns, message('D', "\0\0"s))},
      {"RowsOfEmptyTexts", flood(in, one_column, message('D', "\0\1\0\0\0\0"s))},
      {"RowsOfNulls", flood(in, one_column, message('D', "\0\1\xff\xff\xff\xff"s))},
      {"ARowThatClaimsAGigabyte", flood(in, one_column + message('D', "\0\1\x3f\xff\xff\0"s, 0x3fffff00), "x")},
      {"AnErrorThatClaimsAGigabyte", flood(in, message('E', "SERROR\0C42601\0M"s, 0x3fffff00), "x")},
      {"ADescriptionThatClaimsAGigabyte", flood(in, message('T', "\xff\xff"s, 0x3fffff00), "x")},
      {"Notifications", flood(in, "", message('A', "\0\0\0\1a\0b\0"s))},
      {"Notices", flood(in, "", message('N', "SNOTICE\0C00000\0Mhello\0\0"s))},
      {"Parameters", flood(in, "", message('S', "a\0b\0"s))},
      {"EmptyAnswers", flood(in, "", message('I', ""))},
      {"FinishedCommands", flood(in, "", message('C', "SELECT 0\0"s))},
      {"BytesOfNothing", flood(in, "", "\0"s)},
      {"ParametersAtTheLogin", flood("", trust, names_without_end())},
      {"NoticesAtTheLogin", flood("", trust, message('N', "SNOTICE\0C00000\0Mhello\0\0"s))},
      {"ARequestForAPasswordThatClaimsAGigabyte", flood("", message('R', "\0\0\0\x0a"s, 0x3fffff00), "x")},
      {"AnErrorAtTheLoginWithoutAnEnd", flood("", message('E', "SFATAL\0"s, 0x3fffff00), "x")},
  };
  return table;
}

class PostgresMemory : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Floods, PostgresMemory, ::testing::Range<std::size_t>(0, floods().size()),
                         [](const auto& each) { return std::string(floods()[each.param].name); });

TEST_P(PostgresMemory, IsBounded) {
  ::testing::internal::CaptureStderr();
  RawServer server(floods()[GetParam()].script, "");
  PostgresTrial trial(postgres_at(server.port()));
  for (int n = 0; n < times; ++n) {
    begin_peak_memory();
    const auto idle = peak_memory_mib();
    trial.attempt(gateway::Milliseconds{2000});
    const auto peak = peak_memory_mib() - idle;
    ASSERT_FALSE(trial.errors().empty());
    EXPECT_LT(peak, bound_mib) << trial.errors()[0].text;
    RecordProperty("peak_mib_" + std::to_string(n), static_cast<int>(peak));
    if (n == 0) std::cout << "  " << trial.classes().at("postgres.health") << ", " << peak << " MiB: " << trial.errors()[0].text << '\n';
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "what a server says is not for our standard error";
}

}  // namespace
}  // namespace hostile
