// Every hostile answer to every source that asks over HTTP: the class it must come to, in a table. Whatever the answer,
// the rows held stay as they are, the error names the place and shows no content, and the next good answer is taken.
#include <fmt/format.h>

#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "result_table.hpp"
#include "trial.hpp"

namespace hostile {
namespace {

using namespace gateway;

constexpr const char* asked[] = {"ws-gateway.health", "model-service.training", "rabbitmq.health", "rabbitmq.queues"};

struct Attack {
  const char* name;
  Script script;
  // Of the sources above; "rows" where it is a good answer after all.
  std::array<const char*, 4> becomes;
  int deadline_ms = 20'000;  // short where no more comes
};

std::array<const char*, 4> all(const char* kind) { return {kind, kind, kind, kind}; }

// The same bytes to every request; then the connection is closed, or left open.
Script bytes(std::string what, bool stays_open = false) {
  return [what = std::move(what), stays_open](Peer& peer, const std::string&) { return peer.send(what) && stays_open; };
}
Script body(std::string what, int status = 200) { return bytes(http(status, what), true); }

// Says `first`, then `again` for ever.
Script endless(std::string first, std::string again) {
  return [first = std::move(first), again = std::move(again)](Peer& peer, const std::string&) {
    std::string many;
    while (many.size() < 64 * 1024) many += again;
    if (!peer.send(first)) return false;
    while (peer.send(many)) {
    }
    return false;
  };
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += what;
  return text;
}

// The good answer, changed.
Script changed(const std::function<std::string(const std::string& good)>& change) {
  return [change](Peer& peer, const std::string& request) { return peer.send(change(good_body(target_of(request)))); };
}

// Every value of the good answer in the place of which stands another.
Script all_values(const std::string& value) {
  return changed([value](const std::string& good) {
    auto document = nlohmann::json::parse(good);
    const auto flat = document.flatten();
    for (const auto& [place, _] : flat.items()) document[nlohmann::json::json_pointer(place)] = nlohmann::json::parse(value);
    return http(200, document.dump());
  });
}

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> table{
      // No HTTP at all
      {"ClosedWithoutAWord", bytes(""), all("closed")},
      {"Reset",
       [](Peer& peer, const std::string&) {
         peer.reset();
         return false;
       },
       all("closed")},
      {"Mute",
       [](Peer& peer, const std::string&) {
         peer.stay_mute();
         return false;
       },
       all("timeout"), 300},
      {"Http09", bytes("<html>" + canary + "</html>\r\n"), all("malformed")},
      {"AnotherProtocol", bytes("SSH-2.0-" + canary + "\r\n"), all("malformed")},
      {"Noise", bytes(std::string("\x15\x03\x01\0\x02\x02\x46\xff\xfe\0\0", 11) + canary), all("malformed")},
      {"EndlessNoise", endless("", canary + std::string("\xff\0\x80 ", 4)), all("malformed")},
      // Status lines and headers
      {"Status99", bytes(fmt::format("HTTP/1.1 99 {}\r\nContent-Length: 0\r\n\r\n", canary)), all("malformed")},
      {"Status999", body("{\"x\":\"" + canary + "\"}", 999), all("http")},
      {"Status204", bytes("HTTP/1.1 204 No Content\r\n\r\n", true), all("http")},
      {"Status401", body(canary, 401), all("auth")},
      {"Status403", body("{\"error\":\"" + canary + "\"}", 403), all("auth")},
      {"Status500WithAnything", body(canary, 500), all("http")},
      {"Http2Preface", bytes("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), all("malformed")},
      {"ContinueBeforeTheAnswer", changed([](const std::string& good) { return "HTTP/1.1 100 Continue\r\n\r\n" + http(200, good); }),
       all("rows")},
      {"HintsBeforeTheAnswer", changed([](const std::string& good) {
         return "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http(200, good);
       }),
       all("rows")},
      {"TrailersAfterChunks", changed([](const std::string& good) {
         return fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\nExpires: {}\r\n\r\n", good.size(),
                            good, canary);
       }),
       all("rows")},
      {"EndlessTrailers", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", "X: " + canary + "\r\n"),
       all("too_large")},
      {"EndlessContinue", endless("", "HTTP/1.1 100 Continue\r\n\r\n"), all("too_large")},
      {"HeadersWithCanaries",
       changed([](const std::string& good) { return http(200, good, "X: " + canary + "\r\n" + "Set-Cookie: \x01\xff\r\n"); }), all("rows")},
      {"EndlessHeaders", endless("HTTP/1.1 200 OK\r\n", "X-Header: " + canary + "\r\n"), all("too_large")},
      {"EndlessHeader", endless("HTTP/1.1 200 OK\r\nX-Header: ", canary), all("too_large")},
      {"LongStatusLine", bytes("HTTP/1.1 200 " + std::string(200'000, 'x') + "\r\nContent-Length: 2\r\n\r\n{}"), all("too_large")},
      {"LongHeader", bytes("HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x') + "\r\nContent-Length: 2\r\n\r\n{}"), all("too_large")},
      {"LongStatusLineAfterAContinue",
       bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 " + std::string(200'000, 'x') + "\r\nContent-Length: 2\r\n\r\n{}"),
       all("too_large")},
      {"EndlessStatusLine", endless("HTTP/1.1 200 ", canary), all("too_large")},
      {"RedirectWithoutAPlace", bytes("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", true), all("http")},
      {"RedirectToItself", bytes("HTTP/1.1 301 Moved\r\nLocation: /" + canary + "\r\nContent-Length: 0\r\n\r\n", true), all("http")},
      // Framing
      {"HeadCutOff", bytes("HTTP/1.1 200 OK\r\nContent-Ty"), all("closed")},
      {"HeadWithoutAnEnd", bytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"), all("closed")},
      {"LengthTooLarge",
       changed([](const std::string& good) { return "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\nConnection: close\r\n\r\n" + good; }),
       all("timeout"), 300},
      {"LengthTooLargeThenClosed",
       [](Peer& peer, const std::string& request) {
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + good_body(target_of(request)));
         return false;
       },
       all("closed")},
      {"LengthTooSmall", changed([](const std::string& good) { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + good; }),
       all("malformed")},
      {"LengthBeyondNumbers", bytes("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n" + canary), all("malformed")},
      {"ChunkSizeIsNoNumber", bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + "\r\n{}\r\n"), all("closed")},
      {"ChunkSizeBeyondNumbers", bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n" + canary),
       all("malformed")},
      {"ChunksCutOff", bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + canary.substr(0, 5)), all("closed")},
      {"EndlessChunkSize", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0"), all("malformed")},
      {"EndlessChunks", endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + std::string(1024, 'x') + "\r\n"),
       all("too_large")},
      {"EndlessBodyWithoutALength", endless("HTTP/1.1 200 OK\r\n\r\n", "[{\"" + canary + "\":"), all("too_large")},
      {"BodyUntilTheEnd",
       [](Peer& peer, const std::string& request) {
         peer.send("HTTP/1.1 200 OK\r\n\r\n" + good_body(target_of(request)));
         return false;
       },
       all("rows")},
      {"TwoAnswersAtOnce", changed([](const std::string& good) { return http(200, good) + http(200, canary); }), all("rows")},
      // Bodies that are no JSON
      {"EmptyBody", body(""), all("malformed")},
      {"SpaceOnly", body(" \r\n\t "), all("malformed")},
      {"Text", body(canary), all("malformed")},
      {"Html", body("<!doctype html><p>" + canary), all("malformed")},
      {"CutOff", changed([](const std::string& good) { return http(200, good.substr(0, good.size() - 3)); }), all("malformed")},
      {"MoreBehind", changed([](const std::string& good) { return http(200, good + canary); }), all("malformed")},
      {"InvalidUtf8", body("{\"status\":\"\xC3\x28\xFF" + canary + "\"}"), all("malformed")},
      {"NulBytes", body(std::string("{\"status\":\"a\0b", 14) + canary + "\"}"), all("malformed")},
      {"Utf16", body(std::string("\xFF\xFE{\0\"\0s\0", 8)), all("malformed")},
      {"GzipThoughNobodyAsked", bytes(http(200, gzip_bomb(good_body("/health"), 0), "Content-Encoding: gzip\r\n"), true), all("malformed")},
      {"BrotliThoughNobodyAsked", bytes(http(200, std::string("\x8b\x02\x80{}\x03", 6), "Content-Encoding: br\r\n"), true),
       all("malformed")},
      // JSON that is not what was asked for
      {"TenThousandLists", body(std::string(10'000, '[') + std::string(10'000, ']')), all("malformed")},
      {"TenThousandObjects", body(repeated("{\"" + canary + "\":", 10'000) + "1" + std::string(10'000, '}')), all("malformed")},
      {"TenThousandUnclosed", body(std::string(10'000, '[')), all("malformed")},
      {"DeepWithinAnElement", body("[{\"" + canary + "\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}]"), all("malformed")},
      {"NullAlone", body("null"), all("malformed")},
      {"TextAlone", body("\"" + canary + "\""), all("malformed")},
      {"ListOfLists", body("[[\"" + canary + "\"]]"), all("malformed")},
      {"EmptyObject", body("{}"), all("malformed")},
      {"NullsEverywhere", all_values("null"), all("malformed")},
      // A word of health that nobody knows is an answer: degraded, and unhealthy where the broker's check gives it.
      {"TextsEverywhere", all_values("\"" + canary + "\""), {"rows", "malformed", "rows", "malformed"}},
      {"ListsEverywhere", all_values("[\"" + canary + "\"]"), all("malformed")},
      {"ObjectsEverywhere", all_values("{\"" + canary + "\":1}"), all("malformed")},
      {"NumberBeyondDoubles", changed([](const std::string&) { return http(200, R"([{"a":1e999}])"); }), all("malformed")},
      {"NumbersEverywhere", all_values("123456789012345678901234567890"), all("malformed")},
  };
  return table;
}

class HttpAnswers : public ::testing::TestWithParam<std::size_t> {
 protected:
  static void TearDownTestSuite() { tried.print(); }
  static inline integration::ResultTable tried{"hostile answer over HTTP", {std::begin(asked), std::end(asked)}};
};

INSTANTIATE_TEST_SUITE_P(Attacks, HttpAnswers, ::testing::Range<std::size_t>(0, attacks().size()),
                         [](const auto& each) { return std::string(attacks()[each.param].name); });

TEST_P(HttpAnswers, BecomeTheirClassAndTakeNothingAway) {
  const auto& attack = attacks()[GetParam()];
  for (std::size_t i = 0; i < std::size(asked); ++i) {
    SCOPED_TRACE(asked[i]);
    RawServer server(all_is_well);
    Trial trial(asked[i], server);
    const auto well = trial.attempt(Milliseconds{20'000});
    ASSERT_EQ(class_of(well), "rows") << well.result.error().text;
    ASSERT_EQ(trial.stored(), std::nullopt);
    const auto before = trial.held();
    ASSERT_FALSE(before.rows.empty());

    server.follow(attack.script);
    const auto outcome = trial.attempt(Milliseconds{attack.deadline_ms});
    tried.note(attack.name, asked[i], class_of(outcome));
    EXPECT_EQ(class_of(outcome), attack.becomes[i]) << (outcome.result ? "" : outcome.result.error().text);
    if (!outcome.result) {
      EXPECT_TRUE(is_discreet(outcome.result.error()));
      EXPECT_EQ(trial.held(), before) << "what was held must not change";
    }
    EXPECT_EQ(trial.stored().has_value(), !outcome.result.has_value());

    server.follow(all_is_well);
    const auto again = trial.attempt(Milliseconds{20'000});
    EXPECT_EQ(class_of(again), "rows") << again.result.error().text;
    EXPECT_EQ(trial.held(), before);
  }
}

}  // namespace
}  // namespace hostile
