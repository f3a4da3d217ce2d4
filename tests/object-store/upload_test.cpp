// The published file goes to a real store: what arrives, when, what happens while the store fails in every way, and that nothing here
// is late because of it.
#include <fmt/format.h>
#include <httplib.h>

#include <fstream>

#include "free_port.hpp"
#include "object_store_fixture.hpp"
#include "private_rabbitmq.hpp"
#include "raw_server.hpp"
#include "secret_forms.hpp"

namespace object_store {
namespace {

class Upload : public ObjectStore {
 protected:
  std::string state() const { return upload("freshness")(); }
  std::int64_t attempts() const {
    return Reader(cache()).number("SELECT coalesce(max(id), 0) FROM attempt WHERE source = 'object_store.upload'");
  }
};

TEST_F(Upload, TheObjectIsThePublishedFile) {
  start_gateway();
  insert_signal(1);
  ASSERT_TRUE(eventually(uploaded(), "1"));
  insert_signal(2);
  ASSERT_TRUE(eventually(uploaded(), "2"));
  EXPECT_TRUE(eventually(upload("freshness"), "fresh"));
  EXPECT_EQ(Reader(scratch_ / "object.db").text("SELECT freshness FROM gateway"), "fresh");
  EXPECT_EQ(Reader(scratch_ / "object.db").text("SELECT * FROM pragma_quick_check"), "ok");
}

// Publishes follow each other every 100 ms here, and what is published last is uploaded in the end.
TEST_F(Upload, ComesAtMostEveryInterval) {
  settings["OBJECT_STORE_INTERVAL"] = "2s";
  start_gateway();
  for (int price = 1; price <= 40; ++price) insert_signal(price);
  ASSERT_TRUE(eventually(uploaded(), "40"));
  const auto pace = Reader(cache()).text(
      "SELECT count(*) FROM (SELECT time - lag(time) OVER (ORDER BY id) AS pause FROM attempt WHERE source = 'object_store.upload') "
      "WHERE pause < 1");
  EXPECT_EQ(pace, "0");
}

// Nothing is published while nothing is polled: then nothing is uploaded either, whatever the interval.
TEST_F(Upload, ComesOnlyWhenSomethingWasPublished) {
  settings["STALE_AFTER"] = "";
  for (const auto* interval : {"POSTGRES_INTERVAL", "RABBITMQ_INTERVAL", "SERVICES_INTERVAL", "SAVE_INTERVAL"}) settings[interval] = "3s";
  settings["BACKOFF_CAP"] = "3s";
  start_gateway();
  ASSERT_TRUE(eventually([&] { return state() == "fresh"; }));
  ASSERT_TRUE(eventually([&] { return Reader(cache()).number("SELECT publish_count FROM gateway") >= 5; }));
  const auto counts =
      Reader(cache()).text("SELECT (SELECT count(*) FROM attempt WHERE source = 'object_store.upload') <= publish_count FROM gateway");
  EXPECT_EQ(counts, "1");
}

struct Case {
  const char* name;
  Fault fault;
  const char* error_class;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

class Failing : public Upload, public ::testing::WithParamInterface<Case> {};

TEST_P(Failing, IsShownAndLocalReadersNoticeNothing) {
  start_gateway();
  insert_signal(1);
  ASSERT_TRUE(eventually(uploaded(), "1"));
  gate.set(GetParam().fault);
  ASSERT_TRUE(eventually(upload("error_class"), GetParam().error_class));
  ASSERT_TRUE(eventually(upload("freshness"), "stale"));
  insert_signal(2);
  EXPECT_TRUE(eventually([&] { return newest_signal(cache()); }, "2"));
  EXPECT_EQ(Reader(cache()).source("postgres.signals"), "fresh");
  EXPECT_TRUE(eventually(
      [&] { return Reader(cache()).text("SELECT count(*) FROM outage WHERE upstream = 'object_store' AND ended_at IS NULL"); }, "1"));
  EXPECT_EQ(newest_signal(cache()), "2");
  gate.set({});
  EXPECT_TRUE(eventually(upload("freshness"), "fresh"));
  EXPECT_TRUE(eventually(uploaded(), "2"));
  EXPECT_TRUE(eventually(
      [&] { return Reader(cache()).text("SELECT count(*) FROM outage WHERE upstream = 'object_store' AND ended_at IS NULL"); }, "0"));
}

using namespace std::chrono_literals;
const std::string denied = "<Error><Code>AccessDenied</Code><Message>access-5f0d7a store-s3cret-e81b64</Message></Error>";

INSTANTIATE_TEST_SUITE_P(
    Store, Failing,
    ::testing::Values(
        Case{"refuses", {.kind = Kind::refuse}, "refused"}, Case{"hangs", {.kind = Kind::mute}, "timeout"},
        Case{"resets", {.kind = Kind::reset}, "closed"}, Case{"truncates", {.kind = Kind::truncate, .bytes = 20}, "closed"},
        Case{"garbles", {.kind = Kind::garble}, "malformed"},
        Case{"fails", {.kind = Kind::answer, .text = integration::http_answer(500, "")}, "http"},
        Case{"denies", {.kind = Kind::answer, .text = integration::http_answer(403, denied)}, "auth"},
        Case{"redirects", {.kind = Kind::answer, .text = integration::http_answer(307, "", "Location: http://127.0.0.1:1/\r\n")}, "http"}),
    [](const auto& each) { return std::string(each.param.name); });

// The attempt is out for a minute: whatever else happens is published meanwhile.
TEST_F(Upload, AStoreThatHangsDelaysNoPublish) {
  settings["OBJECT_STORE_TIMEOUT"] = "60s";
  start_gateway();
  ASSERT_TRUE(eventually([&] { return state() == "fresh"; }));
  gate.set({.kind = Kind::mute});
  insert_signal(1);
  ASSERT_TRUE(eventually([&] { return newest_signal(cache()); }, "1"));
  const auto before = attempts();
  for (int price = 2; price <= 6; ++price) {
    insert_signal(price);
    ASSERT_TRUE(eventually([&] { return newest_signal(cache()); }, std::to_string(price)));
  }
  EXPECT_LE(attempts(), before + 1);
  EXPECT_EQ(Reader(cache()).source("postgres.signals"), "fresh");
  EXPECT_EQ(gateway->terminate(), 0);
}

// Followers would show the publish before for as long as the gateway is away.
TEST_F(Upload, WhatIsPublishedLastIsThereAfterAStop) {
  settings["OBJECT_STORE_INTERVAL"] = "10m";
  start_gateway();
  ASSERT_TRUE(eventually([&] { return state() == "fresh"; }));
  insert_signal(1);
  ASSERT_TRUE(eventually([&] { return newest_signal(cache()); }, "1"));
  EXPECT_NE(uploaded()(), "1") << "it came before the stop";
  EXPECT_EQ(gateway->terminate(), 0);
  EXPECT_EQ(uploaded()(), "1");
}

// They ask the store, and the gateway knows nothing of them.
TEST_F(Upload, AThousandFollowersCostAShortAnswerEach) {
  start_gateway();
  ASSERT_TRUE(eventually([&] { return state() == "fresh"; }));
  gateway->terminate();
  EXPECT_EQ(store.looks_answered_unchanged(object_key, 1000), 1000);
}

// With a broker too, so that nothing but the upload can fail.
TEST_F(Upload, OnceUploadsAndFailsWhereItCannot) {
  const integration::PrivateRabbitmq broker(integration::PrivateRabbitmq::Statistics::usual);
  for (const auto& [name, value] : broker.settings()) settings[name] = value;
  settings["RABBITMQ_TIMEOUT"] = "30s";
  insert_signal(1);
  const auto well = integration::cache_gateway({"once"}, settings);
  EXPECT_EQ(well.code, 0) << well.output << well.errors;
  EXPECT_EQ(uploaded()(), "1");
  settings["OBJECT_STORE_URL"] = "s3://elsewhere/cache.db.zst";
  const auto done = integration::cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 3);
  EXPECT_NE((done.output + done.errors).find("upload_failed"), std::string::npos) << done.output << done.errors;
}

TEST_F(Upload, AnAbsentBucketIsNamed) {
  settings["OBJECT_STORE_URL"] = "s3://elsewhere/cache.db.zst";
  start_gateway();
  EXPECT_TRUE(eventually(upload("error"), "PUT s3://elsewhere/cache.db.zst: HTTP 404 NoSuchBucket: there is no such bucket"));
}

// `check --ask` looks at the store as the gateway would, and writes nothing.
TEST_F(Upload, CheckTellsWhatStandsInTheWay) {
  const auto check = [&] { return integration::cache_gateway({"check", "--ask"}, settings).output; };
  EXPECT_NE(check().find("s3://dashboards/gateway-1/cache.db.zst is not there yet, and its bucket is"), std::string::npos) << check();
  EXPECT_TRUE(store.get(object_key).empty());
  start_gateway();
  ASSERT_TRUE(eventually(upload("freshness"), "fresh"));
  EXPECT_NE(check().find("s3://dashboards/gateway-1/cache.db.zst is there"), std::string::npos) << check();
  settings["OBJECT_STORE_SECRET_KEY"] = "another";
  EXPECT_NE(check().find("WRONG object_store: auth: GET s3://dashboards/gateway-1/cache.db.zst: HTTP 403 SignatureDoesNotMatch"),
            std::string::npos)
      << check();
  settings["OBJECT_STORE_INTERVAL"] = "10s";
  EXPECT_NE(check().find("OBJECT_STORE_INTERVAL is 10 s, and data counts as stale after 2 s"), std::string::npos) << check();
}

TEST_F(Upload, KeysAreReadAgainFromTheirFiles) {
  const auto file = scratch_ / "secret";
  const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
  write("another-secret-0");
  settings.erase("OBJECT_STORE_SECRET_KEY");
  settings["OBJECT_STORE_SECRET_KEY_FILE"] = file.string();
  start_gateway();
  ASSERT_TRUE(eventually(upload("error_class"), "auth"));
  EXPECT_NE(upload("error")().find("SignatureDoesNotMatch"), std::string::npos) << upload("error")();
  write(StoreServer::secret_key);
  EXPECT_TRUE(eventually(upload("freshness"), "fresh"));
}

TEST_F(Upload, NoSecretShows) {
  const int port = integration::free_port();
  settings["GATEWAY_LISTEN"] = fmt::format("127.0.0.1:{}", port);
  const std::vector<std::string> secrets{StoreServer::secret_key, integration::monitor_password};
  start_gateway();
  const auto look = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(cache().parent_path()))
      integration::expect_no_secret(secrets, entry.path().filename().string(), integration::content(entry.path()));
    integration::expect_no_secret(secrets, "the log", gateway->log());
    integration::expect_no_secret(secrets, "the arguments", integration::content(fmt::format("/proc/{}/cmdline", gateway->pid())));
    const auto metrics = httplib::Client("127.0.0.1", port).Get("/metrics");
    ASSERT_TRUE(metrics);
    integration::expect_no_secret(secrets, "/metrics", metrics->body);
    EXPECT_NE(metrics->body.find("cache_gateway_source_age_seconds{source=\"object_store.upload\"}"), std::string::npos);
    for (const auto& words : {std::vector<std::string>{"status"}, {"status", "--json"}, {"why", "object_store"}, {"check"}}) {
      const auto done = integration::cache_gateway(words, settings);
      integration::expect_no_secret(secrets, words.back(), done.output + done.errors);
    }
  };
  ASSERT_TRUE(eventually(upload("freshness"), "fresh"));
  look();
  ASSERT_TRUE(store.unpack(object_key, scratch_ / "object.db"));
  integration::expect_no_secret(secrets, "the object", integration::content(scratch_ / "object.db"));
  gate.set({.kind = Kind::answer, .text = integration::http_answer(403, denied)});
  ASSERT_TRUE(eventually(upload("error_class"), "auth"));
  look();
}

}  // namespace
}  // namespace object_store
