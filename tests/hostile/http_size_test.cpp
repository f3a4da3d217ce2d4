// Answers without measure, under the cap of production: refused while they come, not after they have come.
#include <fmt/format.h>

#include <map>

#include "datasets/queue_listing.hpp"
#include "result_table.hpp"
#include "trial.hpp"

namespace hostile {
namespace {

using namespace gateway;

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr Milliseconds enough{60'000};

// 500 MiB that begin like a good listing.
bool send_500_mib(Peer& peer) {
  std::string piece = "[";
  while (piece.size() < mib) piece += R"({"vhost":"/","name":"CANARY-4711","messages":1},)";
  piece.resize(mib, ' ');
  for (int i = 0; i < 500; ++i) {
    if (!peer.send(piece)) return false;
  }
  return true;
}

class HttpSize : public ::testing::Test {
 protected:
  // Asks the queues of whoever answers the listing so.
  Outcome ask(const std::string& source, Script hostile) {
    server.follow([hostile = std::move(hostile)](Peer& peer, const std::string& request) {
      return target_of(request).starts_with("/api/overview") ? all_is_well(peer, request) : hostile(peer, request);
    });
    Trial trial(source, server);
    const auto sent_before = server.bytes_sent();
    begin_peak_memory();
    before_ = peak_memory_mib();
    auto outcome = trial.attempt(enough);
    grown_ = peak_memory_mib() - before_;
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    tried.note(name + " " + source, "class", class_of(outcome));
    tried.note(name + " " + source, "sent", fmt::format("{} MiB", (server.bytes_sent() - sent_before) / mib));
    tried.note(name + " " + source, "memory", fmt::format("{:.0f} MiB", grown_));
    return outcome;
  }

  static void TearDownTestSuite() { tried.print(); }

  static inline integration::ResultTable tried{"answer without measure", {"class", "sent", "memory"}};
  RawServer server{all_is_well};
  double before_ = 0, grown_ = 0;
};

TEST_F(HttpSize, FiveHundredMegabytesAreRefusedOnTheWay) {
  for (const char* source : {"rabbitmq.queues", "ws-gateway.health"}) {
    const auto sent_before = server.bytes_sent();
    const auto outcome = ask(source, [](Peer& peer, const std::string&) {
      return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 524288000\r\n\r\n") && send_500_mib(peer);
    });
    ASSERT_EQ(class_of(outcome), "too_large");
    EXPECT_TRUE(is_discreet(outcome.result.error()));
    EXPECT_LT(server.bytes_sent() - sent_before, 100 * mib) << "the rest was not waited for";
    EXPECT_LT(grown_, 64) << "MiB";
  }
}

TEST_F(HttpSize, FiveHundredMegabytesInChunksAreRefusedOnTheWay) {
  const auto outcome = ask("rabbitmq.queues", [](Peer& peer, const std::string&) {
    return peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f400000\r\n") && send_500_mib(peer);
  });
  ASSERT_EQ(class_of(outcome), "too_large");
  EXPECT_LT(server.bytes_sent(), 100 * mib);
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(HttpSize, AnAnnouncedLengthReservesNothing) {
  const auto outcome = ask("rabbitmq.queues", [](Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n[");
    return false;
  });
  EXPECT_EQ(class_of(outcome), "closed");
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(HttpSize, ABombIsNotUnpacked) {
  const auto bomb = gzip_bomb(R"([{"vhost":"/","name":"CANARY-4711","messages":1}])", 1000);
  ASSERT_LT(bomb.size(), 8 * mib);
  const auto outcome =
      ask("rabbitmq.queues", [&](Peer& peer, const std::string&) { return peer.send(http(200, bomb, "Content-Encoding: gzip\r\n")); });
  ASSERT_EQ(class_of(outcome), "malformed");
  EXPECT_TRUE(is_discreet(outcome.result.error()));
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(HttpSize, ManySmallElementsAreNotHeldAtOnce) {
  std::string body = "[";
  for (std::int64_t i = 0; i < allowed_queues; ++i) body += R"({"vhost":"/","name":"x"},)";
  body.back() = ']';
  const auto outcome = ask("rabbitmq.queues", [&](Peer& peer, const std::string&) { return peer.send(http(200, body)); });
  ASSERT_EQ(class_of(outcome), "rows");
  EXPECT_EQ(outcome.result->writes.at(0).rows.size(), 1U) << "the same queue again and again is one row";
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(HttpSize, MoreQueuesThanThereCanBeAreRefused) {
  std::string body = "[";
  for (std::int64_t i = 0; i <= allowed_queues; ++i) body += fmt::format(R"({{"vhost":"/","name":"{}"}},)", i);
  body.back() = ']';
  const auto outcome = ask("rabbitmq.queues", [&](Peer& peer, const std::string&) { return peer.send(http(200, body)); });
  ASSERT_EQ(class_of(outcome), "too_large");
  EXPECT_TRUE(is_discreet(outcome.result.error()));
}

// A broker that is too slow for the one listing is asked for pages, and what a page says of the others is only what it says.
class PageSize : public HttpSize {
 protected:
  // Walks over pages until the walk is over, refused, or has taken `most` attempts; `items` are those of a page.
  std::string walk(std::int64_t pages, int most, const std::function<std::string(int page)>& items) {
    int page = 0;
    server.follow([&](Peer& peer, const std::string& request) {
      const auto target = target_of(request);
      if (target.starts_with("/api/overview")) return all_is_well(peer, request);
      if (target.find("&page=") == std::string::npos) {
        peer.stay_mute();
        return false;
      }
      return peer.send(http(200, fmt::format(R"({{"page_count":{},"total_count":1,"items":[{}]}})", pages, items(++page))));
    });
    Trial trial("rabbitmq.queues", server);
    if (class_of(trial.attempt(Milliseconds(300))) != "timeout") return "no timeout";
    begin_peak_memory();
    before_ = peak_memory_mib();
    std::string found;
    for (bool more = true; more && most-- > 0;) {
      const auto outcome = trial.attempt(enough);
      found = class_of(outcome);
      more = outcome.result && outcome.result->more;
      if (!outcome.result) {
        EXPECT_TRUE(is_discreet(outcome.result.error()));
      }
    }
    grown_ = peak_memory_mib() - before_;
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    tried.note(name, "class", found);
    tried.note(name, "sent", fmt::format("{} pages", page));
    tried.note(name, "memory", fmt::format("{:.0f} MiB", grown_));
    return found;
  }
};

TEST_F(PageSize, MoreQueuesOnAPageThanWereAskedForAreRefused) {
  EXPECT_EQ(walk(200, 3,
                 [](int page) {
                   std::string items;
                   for (int i = 0; i < 20'000; ++i) items += fmt::format(R"({}{{"vhost":"/","name":"{}.{}"}})", i == 0 ? "" : ",", page, i);
                   return items;
                 }),
            "too_large");
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(PageSize, AWalkWithoutAnEndIsNotBegun) {
  EXPECT_EQ(walk(1'000'000'000, 3, [](int page) { return fmt::format(R"({{"vhost":"/","name":"{}"}})", page); }), "too_large");
}

TEST_F(PageSize, FullPagesAreNotAllHeldAtOnce) {
  const std::string space(mib - 1024, ' ');
  EXPECT_EQ(walk(200, 3, [&](int page) { return fmt::format(R"({{"vhost":"/","name":"{}"}}{})", page, space); }), "rows");
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(PageSize, NamesLongerThanABrokersAreCut) {
  EXPECT_EQ(walk(200, 3,
                 [](int page) {
                   std::string items;
                   for (int i = 0; i < 250; ++i)
                     items += fmt::format(R"({}{{"vhost":"/","name":"{}.{}.{}"}})", i == 0 ? "" : ",", page, i, std::string(4000, 'x'));
                   return items;
                 }),
            "rows");
  EXPECT_LT(grown_, 64) << "MiB";
}

TEST_F(HttpSize, ARedirectToAnotherHostIsNotFollowed) {
  RawServer other(all_is_well);
  const auto location = "Location: http://127.0.0.1:" + std::to_string(other.port()) + "/health\r\n";
  for (const char* source : {"ws-gateway.health", "model-service.training", "rabbitmq.health", "rabbitmq.queues"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      Trial trial(source, server);
      server.follow([&](Peer& peer, const std::string&) { return peer.send(http(status, canary, location)); });
      const auto outcome = trial.attempt(enough);
      ASSERT_EQ(class_of(outcome), "http") << source << ' ' << status;
      EXPECT_TRUE(is_discreet(outcome.result.error()));
    }
  }
  EXPECT_EQ(other.requests(), 0) << "a key would have been shown to whom nobody named";
}

TEST_F(HttpSize, AKeyIsShownOnlyWhereItIsNeeded) {
  for (const auto& [source, needed] : std::map<std::string, bool>{{"ws-gateway.health", false},
                                                                  {"model-service.health", false},
                                                                  {"model-service.training", true},
                                                                  {"order-manager.health", false}}) {
    Trial trial(source, server);
    std::string asked;
    server.follow([&](Peer& peer, const std::string& request) {
      asked = request;
      return peer.send(http(200, "{}"));
    });
    trial.attempt(enough);
    EXPECT_EQ(asked.find("X-API-Key: ") != std::string::npos, needed) << source << '\n' << asked;
  }
}

}  // namespace
}  // namespace hostile
