// Whoever answers at PostgreSQL's port and does not speak its language: a class for each way of not speaking it.
#include <map>

#include "answers.hpp"
#include "base/text.hpp"
#include "postgres_messages.hpp"
#include "postgres_settings.hpp"
#include "postgres_trial.hpp"
#include "result_table.hpp"

namespace hostile {
namespace {

using namespace gateway;

std::string error_answer(const std::string& sqlstate, const std::string& text) {
  const std::string end(1, '\0');
  return message('E', "SFATAL" + end + "VFATAL" + end + "C" + sqlstate + end + "M" + text + end + end);
}

// Columns of text named "a", and rows of one value each.
std::string text_rows(std::size_t rows, std::size_t bytes) {
  using namespace std::string_literals;
  const auto value = std::string{'\0',
                                 '\1',
                                 static_cast<char>(bytes >> 24 & 0xFF),
                                 static_cast<char>(bytes >> 16 & 0xFF),
                                 static_cast<char>(bytes >> 8 & 0xFF),
                                 static_cast<char>(bytes & 0xFF)} +
                     std::string(bytes, 'x');
  auto all = message('1', "") + message('2', "") + message('T', "\0\1a\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"s);
  for (std::size_t r = 0; r < rows; ++r) all += message('D', value);
  return all;
}

// The request for TLS is declined; what follows is answered by the steps, one a message of the client.
Script steps(std::vector<std::string> answers, bool stays_open = false) {
  return [answers = std::move(answers), stays_open](Peer& peer, const std::string& first) {
    if (first.size() == 8) {
      if (!peer.send("N") || peer.receive().empty()) return false;
    }
    for (const auto& answer : answers) {
      if (&answer != answers.data() && peer.receive().empty()) return false;
      if (!peer.send(answer)) return false;
    }
    if (stays_open) peer.stay_mute();
    return false;
  };
}

struct Garbage {
  const char* name;
  Script script;
  const char* becomes;
  int deadline_ms = 20'000;
};

const std::vector<Garbage>& garbage() {
  static const std::vector<Garbage> table{
      {"ClosedAtOnce", [](Peer&, const std::string&) { return false; }, "closed"},
      {"Mute",
       [](Peer& peer, const std::string&) {
         peer.stay_mute();
         return false;
       },
       "timeout", 300},
      {"HttpToTheRequestForTls",
       [](Peer& peer, const std::string&) {
         peer.send("HTTP/1.1 400 " + canary + "\r\n\r\n");
         return false;
       },
       "malformed"},
      {"Http", steps({"HTTP/1.1 400 " + canary + "\r\n\r\n"}), "malformed"},
      {"Noise", steps({std::string("\xff\xfe\0\1\2", 5) + canary}), "malformed"},
      {"ZerosOnly", steps({std::string(4096, '\0')}), "malformed"},
      {"AnswerOfHugeLength", steps({message('R', "", 0x7fffff00)}), "malformed"},
      {"AnswerOfNegativeLength", steps({message('R', "", 0xfffffff0)}), "malformed"},
      {"UnknownAuthentication", steps({message('R', std::string("\0\0\0\x63", 4))}), "auth"},
      {"ErrorWithoutAnEnd", steps({message('E', "SFATAL", 100)}), "closed"},
      {"ErrorOfNoFields", steps({message('E', std::string(1, '\0'))}), "malformed"},
      {"ErrorOfThirtyThousandBytes", steps({error_answer("28P01", std::string(29'900, 'x'))}), "auth"},
      {"ErrorOfThreeMebibytes", steps({trust + ready, error_answer("42601", std::string(3 << 20, 'x')) + ready}, true), "sql"},
      {"MoreRowsThanAnyAnswerHas", steps({trust + ready, text_rows(70, 1 << 20)}), "too_large"},
      {"GarbageAfterTheLogin", steps({trust + "\x7f" + canary + std::string(64, 'x')}), "malformed"},
      {"GarbageAsAnAnswer", steps({trust + ready, "\x7f" + canary + std::string(64, '\xff')}), "malformed"},
      {"AnswerCutOff", steps({trust + ready, message('1', "") + message('2', "") + message('D', "ab", 50)}), "closed"},
      {"RowsWithoutADescription",
       steps({trust + ready, message('1', "") + message('2', "") + message('D', std::string("\0\1\0\0\0\1x", 7)) + ready}, true),
       "malformed", 2000},
      {"MuteAfterTheLogin", steps({trust + ready}, true), "timeout", 500},
  };
  return table;
}

class PostgresGarbage : public ::testing::TestWithParam<std::size_t> {
 protected:
  static void TearDownTestSuite() { tried.print(); }
  static inline integration::ResultTable tried{"hostile answer at PostgreSQL's port", {"postgres.health"}};
};

INSTANTIATE_TEST_SUITE_P(Answers, PostgresGarbage, ::testing::Range<std::size_t>(0, garbage().size()),
                         [](const auto& each) { return std::string(garbage()[each.param].name); });

TEST_P(PostgresGarbage, BecomesItsClassAndShowsNothing) {
  const auto& given = garbage()[GetParam()];
  RawServer server(given.script, "");
  PostgresTrial trial(postgres_at(server.port()));
  trial.attempt(Milliseconds{given.deadline_ms});
  ASSERT_FALSE(trial.errors().empty());
  tried.note(given.name, "postgres.health", trial.classes().at("postgres.health"));
  EXPECT_EQ(trial.classes().at("postgres.health"), given.becomes) << trial.errors()[0].text;
  for (const auto& [source, kind] : trial.classes()) EXPECT_NE(kind, "other") << source;
  for (const auto& error : trial.errors()) {
    EXPECT_EQ(error.text.find(canary), std::string::npos) << error.text;
    EXPECT_EQ(error.text.find("s3cr3t"), std::string::npos) << error.text;
    EXPECT_EQ(error.text, one_line(clean_utf8(error.text)));
    EXPECT_LT(error.text.size(), 1000U);
    if (error.kind != ErrorClass::sql) {
      EXPECT_NE(error.text.find("127.0.0.1"), std::string::npos) << error.text;
    }
  }
}

}  // namespace
}  // namespace hostile
