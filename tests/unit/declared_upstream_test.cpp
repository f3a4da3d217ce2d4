// Files of upstreams: what is refused, with which words and never with a secret, and what the others become.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "cache.hpp"
#include "declared/files.hpp"
#include "declared/source.hpp"
#include "declared/upstream.hpp"
#include "run/declared_datasets.hpp"
#include "run/upstreams.hpp"
#include "settings/unprotected.hpp"

namespace gateway {
namespace {

std::optional<std::string> variable(const std::string& name) {
  static const std::map<std::string, std::string> set{{"SHOP_PASSWORD", "s3cret-shop"}, {"BANK_TOKEN", "s3cret-bank"}};
  const auto found = set.find(name);
  return found == set.end() ? std::nullopt : std::optional(found->second);
}

Settings with_environment() {
  auto settings = fixed_settings();
  settings.environment = variable;
  return settings;
}

const Surroundings& around() {
  static const Surroundings all = surroundings_of(with_environment());
  return all;
}

std::string faults_of(const std::string& text) {
  std::string all;
  for (const auto& fault : read_upstream("f.yaml", text, around()).faults) all += (all.empty() ? "" : "\n") + fault.shown();
  return all;
}

const std::string shop =
    "upstream: shop\npostgres:\n  host: db.internal\n  database: shop\n  user: monitor\n  password: {setting: SHOP_PASSWORD}\n";
const std::string bank = "upstream: bank\nhttp:\n  url: https://bank:8443\n";

struct Misuse {
  std::string text, wanted;
};

class DeclaredUpstreamFaults : public ::testing::TestWithParam<Misuse> {};

TEST_P(DeclaredUpstreamFaults, name_the_place_and_the_remedy_and_no_secret) {
  EXPECT_EQ(faults_of(GetParam().text), GetParam().wanted) << GetParam().text;
  EXPECT_EQ(faults_of(GetParam().text).find("s3cret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Names, DeclaredUpstreamFaults,
    ::testing::Values(Misuse{shop, ""}, Misuse{bank, ""},
                      Misuse{"upstream: rabbitmq\n" + bank.substr(15),
                             "f.yaml:1:11: upstream: 'rabbitmq' is built in, or in HEALTH_SERVICES: choose another name"},
                      Misuse{"upstream: gateway\n" + bank.substr(15),
                             "f.yaml:1:11: upstream: 'gateway' is built in, or in HEALTH_SERVICES: choose another name"},
                      Misuse{"upstream: object_store\n" + bank.substr(15),
                             "f.yaml:1:11: upstream: 'object_store' is built in, or in HEALTH_SERVICES: choose another name"},
                      Misuse{"upstream: a.b\n" + bank.substr(15),
                             "f.yaml:1:11: upstream: letters a-z, digits, - and _ only, a letter first, at most 32"},
                      Misuse{bank.substr(15), "f.yaml:1:1: upstream: required: a file begins with dataset: NAME or upstream: NAME"},
                      Misuse{"upstream: bank\n", "f.yaml:1:11: upstream: give exactly one of postgres, http"},
                      Misuse{shop + bank.substr(15), "f.yaml:8:3: http: give exactly one of postgres, http"},
                      Misuse{bank + "intervall: 5s\n", "f.yaml:4:1: unknown key 'intervall': did you mean interval?"},
                      Misuse{bank + "timeout: 1h\n", "f.yaml:4:10: timeout: '1h' is outside of 0 to 300 seconds"},
                      Misuse{bank + "interval: 1m\nstale_after: 30s\n", "f.yaml:5:14: stale_after: is shorter than interval"}));

INSTANTIATE_TEST_SUITE_P(
    Postgres, DeclaredUpstreamFaults,
    ::testing::Values(
        Misuse{"upstream: shop\npostgres: {host: h}\n",
               "f.yaml:2:11: postgres.database: required: the database's name\nf.yaml:2:11: postgres.user: required: a role that may only "
               "read"},
        Misuse{"upstream: shop\npostgres: here\n", "f.yaml:2:11: postgres: expected a mapping, got text"},
        Misuse{"upstream: shop\npostgres: {host: \"postgres://u:s3cret@h\", database: d, user: u}\n",
               "f.yaml:2:18: postgres.host: expected a host name: port, database, user and password have keys of their own"},
        Misuse{shop + "  port: 70000\n", "f.yaml:7:9: postgres.port: 70000 is more than 65535"},
        Misuse{shop + "  sslmode: on\n",
               "f.yaml:7:12: postgres.sslmode: unknown sslmode 'on': use disable, allow, prefer, require, verify-ca, verify-full"}));

const std::string no_text = "write {setting: NAME}, with NAME in the environment or .env: secrets do not belong in this file";

INSTANTIATE_TEST_SUITE_P(
    Secrets, DeclaredUpstreamFaults,
    ::testing::Values(
        Misuse{"upstream: shop\npostgres: {host: h, database: d, user: u, password: s3cret}\n",
               "f.yaml:2:53: postgres.password: " + no_text},
        Misuse{"upstream: shop\npostgres: {host: h, database: d, user: u, password:s3cret}\n",
               "f.yaml:2:43: a space is missing after 'postgres.password:'"},
        Misuse{"upstream: shop\npostgres: {host: h, database: d, user: u, password: {s3cret: SHOP_PASSWORD}}\n",
               "f.yaml:2:53: postgres.password: expected {setting: NAME} and nothing else"},
        Misuse{bank + "  auth: {bearer: {setting: s3cret}}\n",
               "f.yaml:4:18: http.auth.bearer: expected the name of an environment variable in capital letters: {setting: SHOP_PASSWORD}"},
        Misuse{bank + "  auth: {bearer: {setting: BANK_KEY}}\n", "f.yaml:4:18: http.auth.bearer: BANK_KEY is not set, nor BANK_KEY_FILE"},
        Misuse{bank + "  auth: {bearer: {setting: GRAFANA_POSTGRES_PASSWORD}}\n",
               "f.yaml:4:18: http.auth.bearer: GRAFANA_POSTGRES_PASSWORD is the gateway's own: give this upstream a secret with a name of "
               "its own"},
        Misuse{bank + "  auth: {bearer: {setting: OBJECT_STORE_SECRET_KEY}}\n",
               "f.yaml:4:18: http.auth.bearer: OBJECT_STORE_SECRET_KEY is the gateway's own: give this upstream a secret with a name of "
               "its own"},
        Misuse{bank + "  auth: {bearer: {setting: MODEL_SERVICE_API_KEY_FILE}}\n",
               "f.yaml:4:18: http.auth.bearer: MODEL_SERVICE_API_KEY_FILE is the gateway's own: give this upstream a secret with a name of "
               "its own"}));

INSTANTIATE_TEST_SUITE_P(
    Http, DeclaredUpstreamFaults,
    ::testing::Values(Misuse{"upstream: bank\nhttp: {health: /health}\n",
                             "f.yaml:2:7: http.url: required: http://HOST[:PORT] or https://HOST[:PORT]"},
                      Misuse{"upstream: bank\nhttp: {url: \"https://u:s3cret@bank\"}\n",
                             "f.yaml:2:13: http.url: use http://HOST[:PORT] or https://HOST[:PORT], without user, password and query"},
                      Misuse{bank + "  health: health\n", "f.yaml:4:11: http.health: expected a path, such as /health"},
                      Misuse{bank + "  auth: {bearer: {setting: BANK_TOKEN}, header: X-Key}\n",
                             "f.yaml:4:9: http.auth: give one of header (with secret), bearer, basic"},
                      Misuse{bank + "  auth: {header: X-Key}\n",
                             "f.yaml:4:9: http.auth: header and secret go together: {header: X-API-Key, secret: {setting: NAME}}"},
                      Misuse{bank + "  auth: {header: Host, secret: {setting: BANK_TOKEN}}\n",
                             "f.yaml:4:18: http.auth.header: expected the name of a header of the service's own, such as X-API-Key"},
                      Misuse{bank + "  auth: {header: \"X: y\", secret: {setting: BANK_TOKEN}}\n",
                             "f.yaml:4:18: http.auth.header: expected the name of a header of the service's own, such as X-API-Key"},
                      Misuse{bank + "  auth: {basic: {user: \"a:b\", password: {setting: BANK_TOKEN}}}\n",
                             "f.yaml:4:24: http.auth.basic.user: must not contain a colon"},
                      Misuse{bank + "  auth: {basic: {user: a}}\n", "f.yaml:4:17: http.auth.basic.password: required: {setting: NAME}"}));

// Files in a directory of their own, read as a run reads them.
class UpstreamFiles : public ::testing::Test {
 protected:
  UpstreamFiles() { settings_.datasets_directory = directory_.path(); }
  DeclaredDatasets read(const std::map<std::string, std::string>& files) {
    for (const auto& [name, text] : files) write_file(directory_ / name, text);
    return read_datasets(settings_);
  }
  HttpSettings http(const std::string& auth) {
    const auto declared = read({{"bank.yaml", bank + auth}});
    EXPECT_TRUE(declared.faulty.empty());
    return http_settings("bank", with_upstreams_of(declared, settings_));
  }

  TemporaryDirectory directory_;
  Settings settings_ = with_environment();
};

const std::string of_shop = "upstream: shop\ntable: carts\nkey: id\ncolumns: {id: text}\n";

TEST_F(UpstreamFiles, are_upstreams_like_the_built_in_ones) {
  const auto declared = read({{"z_shop.yaml", shop + "interval: 1m\n"},
                              {"a.yaml", "dataset: carts\n" + of_shop},
                              {"bank.yaml", bank + "  health: /live\n  auth: {bearer: {setting: BANK_TOKEN}}\n"}});
  ASSERT_TRUE(declared.faulty.empty()) << declared.faulty[0].faults[0].shown();
  const auto settings = with_upstreams_of(declared, settings_);
  const auto sources = sources_of(settings, declared);
  const auto setup = setups(sources, settings);
  const auto pace = [&](const std::string& name) {
    return std::ranges::find(setup, name, [](const auto& each) { return each.source->name; })->pace;
  };
  EXPECT_EQ(pace("shop.health").interval, std::chrono::minutes(1));
  EXPECT_EQ(pace("shop.carts").stale_after, std::chrono::minutes(3));
  EXPECT_EQ(pace("shop.carts").timeout, settings.postgres.pace.timeout);
  EXPECT_EQ(pace("bank.health").interval, settings.services_pace.interval);
  const auto specs = upstreams(setup, settings);
  const auto of = [&](const std::string& name) { return std::ranges::count(specs, name, &UpstreamSpec::name); };
  EXPECT_EQ(of("shop"), 1);
  EXPECT_EQ(of("bank"), 1);
  const auto shown = all_values(settings.secrets);
  for (const auto* secret : {"s3cret-shop", "s3cret-bank"}) EXPECT_EQ(std::ranges::count(shown, secret), 1) << "must be masked";
}

TEST_F(UpstreamFiles, say_how_a_service_knows_us) {
  auto settings = http("");
  EXPECT_TRUE(settings.api_key.empty());
  settings = http("  auth: {bearer: {setting: BANK_TOKEN}}\n");
  EXPECT_EQ(settings.key_below + " " + settings.key_header + settings.api_key.read(), "/ Authorization: Bearer s3cret-bank");
  settings = http("  auth: {header: X-Bank, secret: {setting: BANK_TOKEN}}\n");
  EXPECT_EQ(settings.key_header + settings.api_key.read(), "X-Bank: s3cret-bank");
  settings = http("  auth: {basic: {user: me, password: {setting: BANK_TOKEN}}}\n  ca: /ca.pem\n");
  EXPECT_EQ(settings.user + ":" + settings.password.read(), "me:s3cret-bank");
  EXPECT_TRUE(settings.api_key.empty());
  EXPECT_EQ(settings.ca_file, "/ca.pem");
}

TEST_F(UpstreamFiles, a_faulty_one_costs_itself_and_its_datasets) {
  const auto declared = read({{"bank.yaml", bank},
                              {"money.yaml", "dataset: money\nupstream: bank\nget: /x\ncolumns: {a: text}\n"},
                              {"shop.yaml", shop + "  sslmode: on\n"},
                              {"carts.yaml", "dataset: carts\n" + of_shop}});
  ASSERT_EQ(declared.upstreams.size(), 1U);
  ASSERT_EQ(declared.datasets.size(), 1U);
  EXPECT_EQ(declared.datasets[0]->name, "money");
  ASSERT_EQ(declared.faulty.size(), 2U);
  EXPECT_EQ(declared.faulty[0].upstream, "shop");
  EXPECT_TRUE(declared.faulty[0].is_upstream);
  EXPECT_EQ(declared.faulty[1].faults[0].shown().substr(0, 74),
            "carts.yaml:2:11: upstream: shop cannot be used: shop.yaml:7:12: postgres.s");
  Store store(declared);
  const auto settings = with_upstreams_of(declared, settings_);
  const auto sources = sources_of(settings, declared);
  const auto setup = setups(sources, settings);
  store.begin({.sources = setup, .retention = settings.retention, .strategies = {}, .backoff_cap = {}, .version = "", .now = 1});
  const auto shown = store.query("SELECT source, error_class FROM source WHERE error IS NOT NULL ORDER BY source");
  ASSERT_EQ(shown.rows.size(), 2U);
  EXPECT_EQ(text_of(shown.rows[0][0]) + " " + text_of(shown.rows[0][1]), "shop.carts config");
  EXPECT_EQ(text_of(shown.rows[1][0]) + " " + text_of(shown.rows[1][1]), "shop.upstream config");
  EXPECT_EQ(store.query("SELECT 1 FROM dataset WHERE dataset IN ('shop', 'carts')").rows.size(), 1U);
}

TEST_F(UpstreamFiles, one_that_is_no_yaml_is_named_by_its_datasets_all_the_same) {
  const auto declared = read({{"10-shop.yaml", "upstream: shop\npostgres:\n\thost: h\n"}, {"carts.yaml", "dataset: carts\n" + of_shop}});
  ASSERT_EQ(declared.faulty.size(), 2U);
  EXPECT_EQ(declared.faulty[1].faults[0].text,
            "upstream: shop cannot be used: 10-shop.yaml:3:1: line 3 is indented with a tab: use spaces");
}

TEST_F(UpstreamFiles, of_one_name_the_first_counts) {
  const auto declared = read({{"a.yaml", bank}, {"b.yaml", bank}});
  ASSERT_EQ(declared.upstreams.size(), 1U);
  EXPECT_EQ(declared.upstreams[0].file, "a.yaml");
  ASSERT_EQ(declared.faulty.size(), 1U);
  EXPECT_EQ(declared.faulty[0].faults[0].shown(), "b.yaml:1:1: upstream: 'bank' is also in a.yaml");
}

TEST_F(UpstreamFiles, secrets_in_clear_are_named) {
  const auto declared =
      read({{"shop.yaml", shop}, {"bank.yaml", "upstream: bank\nhttp: {url: \"http://bank\", auth: {bearer: {setting: BANK_TOKEN}}}\n"}});
  const auto lines = unprotected_credentials(with_upstreams_of(declared, settings_));
  for (const auto* line : {"shop, sslmode: prefer: the login is not bound to a verified server at db.internal; use verify-full",
                           "bank: its API key goes to bank in clear; use https://"})
    EXPECT_EQ(std::ranges::count(lines, line), 1) << line;
}

TEST_F(UpstreamFiles, missing_rights_are_those_of_its_own_role) {
  const auto declared = read({{"shop.yaml", shop}, {"carts.yaml", "dataset: carts\n" + of_shop}});
  ASSERT_EQ(declared.datasets.size(), 1U);
  const Catalogue catalogue{.tables = {{"carts", {{"id", Catalogue::Access::forbidden}}}}, .refused = {}};
  const auto statement = statement_of(*declared.datasets[0], catalogue);
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().text, "may not read carts.id; cache-gateway grants prints the GRANT statement");
}

TEST(DeclaredUpstreamFaults, any_bytes_end_in_faults) {
  for (const auto& bytes :
       {std::string(9000, '['), std::string("\0\0", 2), std::string("upstream: [a]\n"), std::string("http: [a]\n"),
        std::string("upstream: x\nhttp: {url: [], auth: []}\n"), std::string("upstream: x\nhttp: {auth: {basic: a}}\n")})
    EXPECT_NE(faults_of(bytes), "") << bytes.substr(0, 20);
}

}  // namespace
}  // namespace gateway
