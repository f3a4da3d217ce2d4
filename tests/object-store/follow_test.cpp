// A copy of what a gateway uploads: what readers of it see, and that whatever goes wrong between leaves them the last good file, which
// says why nothing newer comes.
#include <fmt/format.h>
#include <httplib.h>

#include <fstream>
#include <regex>
#include <thread>

#include "follow_fixture.hpp"
#include "free_port.hpp"
#include "raw_server.hpp"
#include "scratch.hpp"
#include "secret_forms.hpp"

namespace object_store {
namespace {

TEST_F(Follow, TheCopyIsWhatWasPublishedAndSaysWhatItIs) {
  begin();
  EXPECT_EQ(of_copy("copy_of")(), origin);
  EXPECT_EQ(of_copy("unixepoch() - copied_at BETWEEN 0 AND 10")(), "1");
  EXPECT_EQ(of_copy("copied_at >= published_at")(), "1");
  EXPECT_EQ(Reader(cache()).text("SELECT copy_of, copied_at, copy_error FROM gateway"), "NULL|NULL|NULL");
  EXPECT_EQ(Reader(copy()).source("postgres.signals"), "fresh");
  const auto status = integration::cache_gateway({"status"}, follow_settings).output;
  EXPECT_NE(status.find("copy of   " + origin), std::string::npos) << status;
  // Readers of the copy while it is exchanged under them.
  std::string seen;
  for (int price = 2; price <= 6; ++price) {
    insert_signal(price);
    const auto whole = [&] {
      EXPECT_EQ(Reader(copy()).text("SELECT * FROM pragma_quick_check"), "ok");
      return copied()() == std::to_string(price);
    };
    ASSERT_TRUE(eventually(whole)) << price;
  }
  EXPECT_FALSE(std::filesystem::exists(copy().string() + ".next"));
}

TEST_F(Follow, WhatHasNotChangedIsNotFetchedAgain) {
  begin();
  end_gateway();
  const auto before = asked("304");
  ASSERT_TRUE(eventually([&] { return asked("304") >= before + 3; }));
  const auto fetched = asked("200");
  ASSERT_TRUE(eventually([&] { return asked("304") >= before + 6; }));
  EXPECT_EQ(asked("200"), fetched);
  EXPECT_TRUE(eventually(of_copy("freshness, copy_error"), "stale|NULL")) << "its age is counted here, whatever the store says";
}

struct Case {
  const char* name;
  Fault fault;
  const char* error;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

class FollowFailing : public Follow, public ::testing::WithParamInterface<Case> {};

TEST_P(FollowFailing, KeepsTheLastGoodFileAndSaysWhy) {
  begin();
  near.set(GetParam().fault);
  insert_signal(2);
  ASSERT_TRUE(eventually(uploaded(), "2"));
  ASSERT_TRUE(integration::eventually_contains(of_copy("copy_error"), GetParam().error));
  EXPECT_EQ(copied()(), "1");
  EXPECT_EQ(Reader(copy()).text("SELECT * FROM pragma_quick_check"), "ok");
  EXPECT_TRUE(eventually(of_copy("freshness"), "stale"));
  EXPECT_TRUE(integration::eventually_contains([&] { return Reader(copy()).text("SELECT reason FROM system_health"); },
                                               "this copy has not been updated"));
  near.set({});
  EXPECT_TRUE(eventually(copied(), "2"));
  EXPECT_TRUE(eventually(of_copy("copy_error"), "NULL"));
}

INSTANTIATE_TEST_SUITE_P(
    Store, FollowFailing,
    ::testing::Values(
        Case{"refuses", {.kind = Kind::refuse}, "refused: "}, Case{"hangs", {.kind = Kind::mute}, "timeout: "},
        Case{"falls_silent", {.kind = Kind::stop, .bytes = 2000}, "timeout: "},
        Case{"truncates", {.kind = Kind::truncate, .bytes = 2000}, "closed: "}, Case{"garbles", {.kind = Kind::garble}, "malformed: "},
        Case{"fails", {.kind = Kind::answer, .text = integration::http_answer(500, "")}, "http: GET "},
        Case{"redirects",
             {.kind = Kind::answer, .text = integration::http_answer(301, "", "Location: http://127.0.0.1:1/\r\n")},
             "redirects are not followed"},
        Case{"answers_something_else", {.kind = Kind::answer, .text = integration::http_answer(200, "<html>")}, "it is not a zstd frame"}),
    [](const auto& each) { return std::string(each.param.name); });

// What stands in the store is replaced; the gateway, which would replace it in turn, has ended.
class Planted : public Follow {
 protected:
  void expect_refused(const std::string& why) {
    if (HasFailure()) return;  // the next one would only wait in vain
    ASSERT_TRUE(integration::eventually_contains(of_copy("copy_error"), why));
    EXPECT_EQ(copied()(), "2");
    EXPECT_EQ(of_copy("copy_of")(), origin);
    const auto fetched = asked("200"), unchanged = asked("304");
    ASSERT_TRUE(eventually([&] { return asked("304") >= unchanged + 3; }));
    EXPECT_EQ(asked("200"), fetched) << "what was refused is not fetched again";
    EXPECT_NE(of_copy("copy_error")().find(why), std::string::npos) << "and stays an error";
  }
  void sqlite(const std::filesystem::path& file, const std::string& sql) const {
    ASSERT_EQ(integration::run({"sqlite3", file.string(), sql}).code, 0) << sql;
  }
};

TEST_F(Planted, OtherFilesAndOlderOnesAreRefusedAndTheNextGoodOneIsTaken) {
  begin();
  const auto older = scratch_ / "older.db", bad = scratch_ / "bad.db";
  ASSERT_TRUE(store.unpack(object_key, older));
  const auto later = [&] { return std::stoll(of_copy("published_at")()) > Reader(older).number("SELECT published_at FROM gateway") + 1; };
  insert_signal(2);
  ASSERT_TRUE(eventually(copied(), "2"));
  ASSERT_TRUE(eventually(later));
  end_gateway();
  const auto published = of_copy("published_at")();

  plant(older);
  expect_refused("before the file that is shown");

  std::filesystem::copy_file(copy(), bad);
  std::filesystem::permissions(bad, std::filesystem::perms::owner_all);
  plant(bad, 3000);
  expect_refused("is not taken: it is truncated");

  sqlite(bad, "PRAGMA application_id = 1");
  plant(bad);
  expect_refused("its application_id is wrong");

  const auto foreign = scratch_ / "foreign.db";
  sqlite(foreign, "CREATE TABLE t (x); PRAGMA application_id = 1128744513; PRAGMA user_version = " +
                      integration::run({"sqlite3", copy().string(), "PRAGMA user_version"}).output);
  plant(foreign);
  expect_refused("it has no table gateway_state");

  std::filesystem::copy_file(copy(), bad, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(bad, std::filesystem::perms::owner_all);
  std::fstream(bad, std::ios::in | std::ios::out | std::ios::binary).seekp(8192).write(std::string(4096, '\x5A').data(), 4096);
  plant(bad);
  expect_refused("it is damaged");

  std::filesystem::copy_file(copy(), bad, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(bad, std::filesystem::perms::owner_all);
  sqlite(bad, "UPDATE gateway_state SET published_at = unixepoch() + 86400");
  plant(bad);
  expect_refused("ahead of the clock of this host");

  std::ofstream(bad, std::ios::trunc) << std::string(21'000'000, 'x');
  plant(bad);
  expect_refused("more than 20000000");

  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(of_copy("published_at")(), published);
  EXPECT_EQ(Reader(copy()).text("SELECT * FROM pragma_quick_check"), "ok");
  start_gateway();
  insert_signal(3);
  EXPECT_TRUE(eventually(copied(), "3"));
  EXPECT_TRUE(eventually(of_copy("copy_error"), "NULL"));
}

// Whoever can write the object can bring triggers that would run when the copy is marked as one.
TEST_F(Planted, WhatAFileBringsAlongIsNotExecuted) {
  begin();
  insert_signal(2);
  ASSERT_TRUE(eventually(copied(), "2"));
  end_gateway();
  const auto bad = scratch_ / "bad.db";
  std::filesystem::copy_file(copy(), bad);
  std::filesystem::permissions(bad, std::filesystem::perms::owner_all);
  sqlite(bad,
         "UPDATE gateway_state SET published_at = published_at + 1; "
         "CREATE TRIGGER planted AFTER INSERT ON copy_state BEGIN DELETE FROM source; END");
  plant(bad);
  ASSERT_TRUE(eventually([&] { return Reader(copy()).text("SELECT count(*) FROM sqlite_schema WHERE name = 'planted'"); }, "1"));
  EXPECT_GT(Reader(copy()).number("SELECT count(*) FROM source"), 0);
}

TEST_F(Follow, AfterAKillItGoesOnFromItsCopyAndTakesNothingOlder) {
  begin();
  ASSERT_TRUE(store.unpack(object_key, scratch_ / "older.db"));
  insert_signal(2);
  ASSERT_TRUE(eventually(copied(), "2"));
  ASSERT_TRUE(eventually(
      [&] { return std::stoll(of_copy("published_at")()) > Reader(scratch_ / "older.db").number("SELECT published_at FROM gateway"); }));
  gateway->terminate();
  follower->signal(SIGKILL);
  follower->wait();
  plant(scratch_ / "older.db");
  start_follower();
  EXPECT_TRUE(integration::eventually_contains(of_copy("copy_error"), "before the file that is shown"));
  EXPECT_EQ(copied()(), "2");
  follower->signal(SIGTERM);
  EXPECT_EQ(follower->wait(), 0);
}

TEST_F(Follow, TheCacheOfAGatewayIsNeverReplaced) {
  begin();
  gateway->terminate();
  follower.reset();
  follow_settings["CACHE_PATH"] = cache().string();
  const auto before = integration::content(cache());
  start_follower();
  EXPECT_EQ(follower->wait(std::chrono::seconds(20)), 1);
  EXPECT_NE(log().find("is the cache of a gateway and not a copy"), std::string::npos) << log();
  EXPECT_TRUE(integration::content(cache()) == before);
}

TEST_F(Follow, AGatewayThatGoesOnFromACopyIsNone) {
  begin();
  gateway->terminate();
  follower.reset();
  settings["CACHE_PATH"] = copy().string();
  start_gateway();
  EXPECT_TRUE(eventually(of_copy("copy_of, freshness"), "NULL|fresh"));
  EXPECT_EQ(copied()(), "1");
}

TEST_F(Follow, AStopEndsALookThatHangs) {
  begin();
  near.set({.kind = Kind::mute});
  follow_settings["OBJECT_STORE_TIMEOUT"] = "60s";
  start_follower();
  ASSERT_TRUE(eventually([&] { return log().find("following") != log().rfind("following"); }));
  follower->signal(SIGTERM);
  EXPECT_EQ(follower->wait(std::chrono::seconds(20)), 0);
}

// `check` reads the settings as `follow` would, and with --ask looks at each origin; it writes nothing.
TEST_F(Follow, CheckTellsWhatStandsInTheWay) {
  const auto check = [&] { return integration::cache_gateway({"check", "--ask"}, follow_settings).output; };
  EXPECT_NE(check().find("start the gateway that has OBJECT_STORE_URL=" + origin), std::string::npos) << check();
  start_gateway();
  ASSERT_TRUE(eventually([&] { return !store.get(object_key).empty(); }));
  EXPECT_NE(check().find("FOLLOW: " + origin + " is there"), std::string::npos) << check();
  EXPECT_FALSE(std::filesystem::exists(copy()));
  follow_settings["CACHE_PATH"] = cache().string();
  EXPECT_NE(check().find("is the cache of a gateway and not a copy"), std::string::npos) << check();
  follow_settings["CACHE_PATH"] = copy().string();
  follow_settings["OBJECT_STORE_SECRET_KEY"] = "another";
  EXPECT_NE(check().find("OBJECT_STORE_SECRET_KEY to keys that may read " + origin), std::string::npos) << check();
  follow_settings["FOLLOW"] = origin + "," + origin;
  EXPECT_NE(integration::cache_gateway({"check"}, follow_settings).output.find("FOLLOW names " + origin + " twice"), std::string::npos);
}

TEST_F(Follow, MetricsTellHowEachOriginFares) {
  const int port = integration::free_port();
  follow_settings["GATEWAY_LISTEN"] = fmt::format("127.0.0.1:{}", port);
  const auto get = [&](const char* path) {
    const auto answer = httplib::Client("127.0.0.1", port).Get(path);
    return answer ? fmt::format("{} {}", answer->status, answer->body) : std::string();
  };
  const auto metric = [&](const std::string& name) { return fmt::format("cache_gateway_follow_{}{{origin=\"{}\"}} ", name, origin); };
  begin();
  EXPECT_TRUE(integration::eventually_contains([&] { return get("/metrics"); }, metric("failing") + "0"));
  EXPECT_TRUE(integration::eventually_contains([&] { return get("/metrics"); }, metric("shown") + "1"));
  EXPECT_EQ(get("/readyz").substr(0, 3), "200");
  near.set({.kind = Kind::refuse});
  EXPECT_TRUE(integration::eventually_contains([&] { return get("/metrics"); }, metric("failing") + "1"));
  EXPECT_TRUE(integration::eventually_contains([&] { return get("/readyz"); }, "following fails: "));
  const auto why = [&] { return integration::cache_gateway({"why", "postgres.signals"}, follow_settings).output; };
  EXPECT_TRUE(integration::eventually_contains(why, "nothing newer comes since "));
  EXPECT_NE(why().find("this is a copy of " + origin), std::string::npos) << why();
  EXPECT_EQ(get("/healthz").substr(0, 3), "200");
}

TEST_F(Follow, NoSecretShows) {
  begin();
  near.set({.kind = Kind::answer, .text = integration::http_answer(403, "<Code>AccessDenied</Code>" + StoreServer::secret_key)});
  ASSERT_TRUE(integration::eventually_contains(of_copy("copy_error"), "AccessDenied"));
  const std::vector<std::string> secrets{StoreServer::secret_key};
  for (const auto& entry : std::filesystem::directory_iterator(copy().parent_path()))
    integration::expect_no_secret(secrets, entry.path().filename().string(), integration::content(entry.path()));
  integration::expect_no_secret(secrets, "the log", log());
  integration::expect_no_secret(secrets, "the arguments", integration::content(fmt::format("/proc/{}/cmdline", follower->pid())));
}

// Two gateways on one system, each with an object of its own.
TEST_F(Follow, OfTwoOriginsTheOtherIsFollowedWhenOneEndsAndStaysFollowed) {
  begin();
  const std::string other = "s3://dashboards/gateway-2/cache.db.zst";
  settings["STALE_AFTER"] = "6s";  // a publish every 2 s at least: a busy machine is not taken for a gateway that has ended
  start_gateway();
  follow_settings["FOLLOW"] = origin + "," + other;
  auto other_settings = settings;
  std::filesystem::create_directory(scratch_ / "cache-2");
  other_settings["CACHE_PATH"] = (scratch_ / "cache-2" / "cache.db").string();
  other_settings["OBJECT_STORE_URL"] = other;
  other_settings["POSTGRES_INTERVAL"] = "1s";  // what they publish has not the same times
  Gateway second(other_settings, scratch_ / "gateway-2.log");
  start_follower();
  insert_signal(2);
  ASSERT_TRUE(eventually(copied(), "2"));
  EXPECT_EQ(of_copy("copy_of")(), origin);
  gateway->kill();
  insert_signal(3);
  ASSERT_TRUE(eventually(copied(), "3"));
  EXPECT_EQ(of_copy("copy_of")(), other);
  start_gateway();
  for (int price = 4; price <= 12; ++price) {
    insert_signal(price);
    ASSERT_TRUE(eventually(uploaded(), std::to_string(price)));
    ASSERT_TRUE(eventually(copied(), std::to_string(price)));
  }
  EXPECT_EQ(of_copy("copy_of, copy_error")(), other + "|NULL");
  const auto lines = log();
  EXPECT_NE(lines.find("follow_switched"), std::string::npos);
  EXPECT_EQ(lines.find("follow_switched"), lines.rfind("follow_switched")) << "it does not alternate";
}

}  // namespace
}  // namespace object_store
