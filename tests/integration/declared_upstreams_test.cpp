// Upstreams of the users' own, from files in DATASETS_DIR: a second real PostgreSQL, and a service that demands a token. Each has its
// own outages, and what is wrong with one of them costs nothing else.
#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "support/fixture.hpp"
#include "support/free_port.hpp"
#include "support/private_postgres.hpp"
#include "support/raw_server.hpp"
#include "support/secret_forms.hpp"

namespace integration {
namespace {

// Answers who brings `token` as a bearer, and repeats to all others what they brought.
class TokenService {
 public:
  explicit TokenService(std::string token) : token_(std::move(token)) { start(); }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  void start() {
    server_.emplace(
        [this](Peer& peer, const std::string& request) {
          const std::string header = "Authorization: ";
          const auto at = request.find(header);
          const auto given = at == std::string::npos ? "" : request.substr(at + header.size(), request.find('\r', at) - at - header.size());
          if (given != "Bearer " + token_) return peer.send(http_answer(401, fmt::format(R"({{"error":"invalid: {}"}})", given)));
          return peer.send(http_answer(200, R"({"status":"healthy","accounts":[{"name":"a","amount":12.5}]})"));
        },
        "\r\n\r\n", port_);
  }
  void stop() { server_.reset(); }

 private:
  const std::string token_;
  const int port_ = free_port();
  std::optional<RawServer> server_;
};

const std::string token = "bank-secret-77e1", wrong_token = "bank-secret-wrong";

class DeclaredUpstreams : public Integration {
 protected:
  DeclaredUpstreams() {
    std::filesystem::create_directories(files());
    settings["DATASETS_DIR"] = files();
    settings["SHOP_PASSWORD"] = monitor_password;
    settings["BANK_TOKEN"] = token;
  }
  std::filesystem::path files() const { return directory().parent_path() / "datasets"; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(files() / name) << text; }

  // With one cart.
  static void make_database(const std::string& name, const std::string& cart) {
    const auto& server = PrivatePostgres::instance();
    server.drop(name);
    server.create(name);
    Session(server.superuser(name))
        .run(fmt::format("CREATE TABLE carts (id int PRIMARY KEY, total numeric); INSERT INTO carts VALUES ({}); "
                         "GRANT SELECT ON carts TO grafana_monitor",
                         cart));
  }
  void use_shop(const std::string& more = "") const {
    make_database("shop", "1, 9.5");
    write("shop.yaml", fmt::format("upstream: shop\npostgres:\n  host: 127.0.0.1\n  port: {}\n  database: shop\n  user: grafana_monitor\n"
                                   "  password: {{setting: SHOP_PASSWORD}}\n{}",
                                   PrivatePostgres::instance().port(), more));
    write("carts.yaml", "dataset: carts\nupstream: shop\ntable: carts\nkey: id\ncolumns: {id: integer, total: number}\n");
  }
  void use_bank(const TokenService& bank, const std::string& more = "") const {
    write("bank.yaml", fmt::format("upstream: bank\nhttp:\n  url: {}\n  auth: {{bearer: {{setting: BANK_TOKEN}}}}\n{}", bank.url(), more));
    write("money.yaml",
          "dataset: money\nupstream: bank\nget: /accounts\nrows: /accounts/*\nkey: name\ncolumns: {name: text, amount: number}\n");
  }
  void expect_all_else_is_well() const {
    EXPECT_TRUE(
        eventually(query("SELECT count(*) FROM source_status WHERE upstream IN ('postgres', 'rabbitmq') AND freshness <> 'fresh'"), "0"));
    EXPECT_TRUE(eventually(query("SELECT count(*) FROM outage WHERE upstream IN ('postgres', 'rabbitmq')"), "0"));
  }
};

TEST_F(DeclaredUpstreams, ASecondDatabaseHasItsOwnProbeOutagesAndIdentity) {
  use_shop();
  const auto listen = fmt::format("127.0.0.1:{}", free_port());
  settings["GATEWAY_LISTEN"] = listen;
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT id, total, source, freshness FROM carts"), "1|9.5|shop.carts|fresh"));
  EXPECT_TRUE(service_becomes("shop", "healthy"));
  const auto metrics = run({"curl", "-s", "http://" + listen + "/metrics"}).output;
  for (const auto* source : {"shop.health", "shop.carts"})
    EXPECT_NE(metrics.find(fmt::format("source=\"{}\"", source)), std::string::npos) << metrics;
  EXPECT_TRUE(eventually(query("SELECT count(DISTINCT identity) FROM identity"), "2"));
  PrivatePostgres::instance().stop();
  EXPECT_TRUE(service_becomes("shop", "unhealthy"));
  EXPECT_TRUE(eventually(query("SELECT upstream, error_class FROM outage WHERE ended_at IS NULL"), "shop|refused"));
  EXPECT_TRUE(eventually(query("SELECT total, freshness FROM carts"), "9.5|stale"));
  expect_all_else_is_well();
  PrivatePostgres::instance().start();
  EXPECT_TRUE(eventually(query("SELECT total, freshness FROM carts"), "9.5|fresh"));
  EXPECT_TRUE(eventually(query("SELECT upstream, ended_at IS NOT NULL FROM outage"), "shop|1"));
  expect_all_else_is_well();
}

TEST_F(DeclaredUpstreams, AnotherDatabaseInItsPlaceClearsItsRowsAlone) {
  use_shop();
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT total, freshness FROM carts"), "9.5|fresh"));
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM recent_signals"), "3"));
  gateway().terminate();
  make_database("store", "2, 3");
  auto text = content(files() / "shop.yaml");
  text.replace(text.find("database: shop"), 14, "database: store");
  write("shop.yaml", text);
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT id, total, freshness FROM carts"), "2|3.0|fresh"));
  EXPECT_EQ(gateway().logged("other_upstream"), 1);
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM recent_signals"), "3"));
}

TEST_F(DeclaredUpstreams, AServiceGetsItsTokenAndAnOutageOfItsOwn) {
  TokenService bank(token);
  use_bank(bank);
  settings["BACKOFF_CAP"] = "10m";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT name, amount, freshness FROM money"), "a|12.5|fresh"));
  bank.stop();
  const auto stopped_at = now();
  EXPECT_TRUE(eventually(query("SELECT upstream, error_class FROM outage WHERE ended_at IS NULL"), "bank|refused"));
  EXPECT_TRUE(eventually(query("SELECT amount, freshness FROM money"), "12.5|stale"));
  expect_all_else_is_well();
  // It has no probe that would see it come back, so its attempts do not become rare.
  EXPECT_TRUE(eventually([&] { return attempts("bank.money", stopped_at) >= 15; }));
  bank.start();
  EXPECT_TRUE(eventually(query("SELECT amount, freshness FROM money"), "12.5|fresh"));
  EXPECT_TRUE(eventually(query("SELECT upstream, ended_at IS NOT NULL FROM outage"), "bank|1"));
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM service_health WHERE service = 'bank'"), "0"));
}

TEST_F(DeclaredUpstreams, AnAnswerThatFitsNoDatasetIsNoOutage) {
  const TokenService bank(token);
  use_bank(bank);
  write("money.yaml",
        "dataset: money\nupstream: bank\nget: /accounts\nrows: /accounts/*\nkey: name\ncolumns: {name: text, amount: bool}\n");
  start_gateway();
  ASSERT_TRUE(
      eventually(query("SELECT error_class FROM source_status WHERE source = 'bank.money' AND consecutive_failures >= 3"), "malformed"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
}

TEST_F(DeclaredUpstreams, ItsHealthIsAskedForWithTheToken) {
  const TokenService bank(token);
  use_bank(bank, "  health: /health\n");
  start_gateway();
  EXPECT_TRUE(service_becomes("bank", "healthy"));
  EXPECT_TRUE(eventually(query("SELECT amount, freshness FROM money"), "12.5|fresh"));
}

TEST_F(DeclaredUpstreams, AWrongTokenIsNamedAndNeverShownAndMayBeReplacedInItsFile) {
  const TokenService bank(token);
  use_bank(bank);
  const auto file = directory().parent_path() / "bank-token";
  std::ofstream(file) << wrong_token << '\n';
  settings.erase("BANK_TOKEN");
  settings["BANK_TOKEN_FILE"] = file;
  settings["LOG_LEVEL"] = "debug";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT error_class, error FROM source_status WHERE source = 'bank.money'"),
                         "auth|GET /accounts: HTTP 401: the service refuses the credentials"));
  expect_all_else_is_well();
  const std::vector<std::string> secrets{token, wrong_token, monitor_password};
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    expect_no_secret(secrets, entry.path().filename().string(), content(entry.path()));
  expect_no_secret(secrets, "the log", gateway().log());
  expect_no_secret(secrets, "the arguments", content(fmt::format("/proc/{}/cmdline", gateway().pid())));
  for (const auto& words : {std::vector<std::string>{"status"}, {"why", "bank"}, {"check", "--ask"}, {"once", "--only", "money"}}) {
    const auto done = cache_gateway(words, settings);
    EXPECT_EQ(done.code, 3) << words[0] << done.output << done.errors;
    EXPECT_NE((done.output + done.errors).find("HTTP 401"), std::string::npos) << words[0] << done.output;
    expect_no_secret(secrets, words[0], done.output + done.errors);
  }
  std::ofstream(file) << token << '\n';
  EXPECT_TRUE(eventually(query("SELECT amount, freshness FROM money"), "12.5|fresh"));
}

TEST_F(DeclaredUpstreams, AFaultyFileCostsItsDatasetsAloneAndTheyShowWhy) {
  const TokenService bank(token);
  use_shop();
  use_bank(bank);
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT total, freshness FROM carts"), "9.5|fresh"));
  gateway().terminate();
  use_shop("intervall: 5s\n");
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT total, freshness FROM carts"), "9.5|stale"));
  EXPECT_TRUE(
      eventually(query("SELECT source, error_class, error FROM source_status WHERE upstream = 'shop' ORDER BY source"),
                 "shop.carts|config|carts.yaml:2:11: upstream: shop cannot be used: shop.yaml:8:1: unknown key 'intervall': did you mean "
                 "interval?\nshop.upstream|config|shop.yaml:8:1: unknown key 'intervall': did you mean interval?"));
  EXPECT_TRUE(eventually(query("SELECT amount, freshness FROM money"), "12.5|fresh"));
  expect_all_else_is_well();
  const auto why = cache_gateway({"why", "shop"}, settings);
  EXPECT_EQ(why.code, 3);
  EXPECT_NE(why.output.find("do       correct the file in DATASETS_DIR"), std::string::npos) << why.output;
}

TEST_F(DeclaredUpstreams, CommandsTreatThemAsAnyOther) {
  TokenService bank(token);
  use_shop();
  use_bank(bank);
  const auto check = cache_gateway({"check", "--ask"}, settings);
  for (const auto& line :
       {fmt::format("upstream shop (shop.yaml): PostgreSQL database shop at 127.0.0.1:{} as grafana_monitor, with "
                    "SHOP_PASSWORD",
                    PrivatePostgres::instance().port()),
        fmt::format("upstream bank (bank.yaml): {}, with BANK_TOKEN", bank.url()), std::string("shop.health: rows 1, in "),
        std::string("shop.carts: rows 1, in "), std::string("bank.money: rows 1, in ")})
    EXPECT_NE(check.output.find(line), std::string::npos) << line << '\n' << check.output;
  const auto rows = cache_gateway({"once", "--only", "carts"}, settings);
  EXPECT_EQ(rows.code, 0) << rows.errors;
  EXPECT_NE(rows.output.find("shop.carts: rows 1, in "), std::string::npos) << rows.output;
  const auto grants = cache_gateway({"grants"}, settings).output;
  const auto of_shop = grants.find("-- upstream shop, in its database shop at 127.0.0.1:");
  ASSERT_NE(of_shop, std::string::npos) << grants;
  EXPECT_LT(of_shop, grants.find("GRANT SELECT ON \"carts\" TO \"grafana_monitor\";")) << grants;
  EXPECT_LT(grants.find("GRANT SELECT ON \"orders\""), of_shop) << grants;
  const auto once = cache_gateway({"once"}, settings);
  EXPECT_EQ(reader.text("SELECT (SELECT total FROM carts), (SELECT amount FROM money)"), "9.5|12.5") << once.errors;
}

}  // namespace
}  // namespace integration
