// What must hold for every source on the list, those still to be written included. No case is written by hand here.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cache.hpp"
#include "contract_catalogue.hpp"
#include "registry.hpp"

namespace gateway {
namespace {

class Registry : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Source& source() const { return fixed_sources().at(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(AllSources, Registry, ::testing::Range(std::size_t{0}, fixed_sources().size()), registry_name);

TEST(RegistryNames, are_unique_and_of_the_form_upstream_dataset) {
  std::set<std::string> seen;
  for (const auto& source : fixed_sources()) {
    EXPECT_TRUE(seen.insert(source.name).second) << source.name;
    EXPECT_TRUE(source.name.starts_with(source.upstream + ".")) << source.name;
    EXPECT_GT(source.name.size(), source.upstream.size() + 1) << source.name;
    EXPECT_EQ(std::ranges::count(source.name, '.'), 1) << source.name;
  }
}

TEST(RegistryNames, hold_a_health_of_every_upstream) {
  std::set<std::string> upstreams, with_health;
  for (const auto& source : fixed_sources()) {
    upstreams.insert(source.upstream);
    if (source.name.ends_with(".health")) with_health.insert(source.upstream);
  }
  EXPECT_EQ(upstreams, with_health);
}

TEST(RegistryNames, sources_of_services_without_a_url_are_listed_as_off) {
  auto settings = fixed_settings();
  for (auto& service : settings.services) service.url.reset();
  std::set<std::string> with, without;
  for (const auto& source : fixed_sources()) with.insert(source.name);
  for (const auto& source : all_sources(settings)) {
    without.insert(source.name);
    EXPECT_EQ(source.on, source.upstream == "postgres" || source.upstream == "rabbitmq") << source.name;
  }
  EXPECT_EQ(with, without);
}

TEST_P(Registry, its_tables_exist) {
  const Store store;
  EXPECT_FALSE(source().tables.empty());
  for (const auto& table : source().tables) {
    EXPECT_EQ(store.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?", {table}).rows.size(), 1U) << table;
  }
}

TEST_P(Registry, counts_the_rows_it_holds) {
  const Store store;
  const auto held = store.query(source().row_count_sql);
  ASSERT_EQ(held.rows.size(), 1U);
  EXPECT_EQ(held.rows[0].at(0), Value(0)) << "an empty cache holds nothing";
}

TEST_P(Registry, knows_what_it_must_from_an_empty_cache) {
  Store store;
  const auto prior = store.prior_state(source(), Cache::started);
  EXPECT_EQ(prior.tables.size(), source().prior_state_sql.size());
}

TEST_P(Registry, asks_when_all_is_there) {
  const auto catalogue = contract_catalogue();
  const auto requests = source().ask(first_known(source(), &catalogue));
  ASSERT_TRUE(requests.has_value()) << requests.error().text;
  ASSERT_FALSE(requests->empty());
  for (const auto& request : *requests) {
    EXPECT_EQ(std::holds_alternative<SqlRequest>(request), source().upstream == "postgres");
    const auto* http = std::get_if<HttpRequest>(&request);
    EXPECT_TRUE(http == nullptr || http->target.starts_with('/'));
  }
}

TEST_P(Registry, every_failure_can_be_written_down) {
  Cache cache(fixed_sources());
  std::int64_t at = Cache::started;
  using enum ErrorClass;
  for (const auto kind :
       {dns, resolver, refused, closed, timeout, tls, auth, http, server_error, malformed, too_large, sql, missing, other}) {
    const Error error{kind, "what went wrong: Я'\""};
    EXPECT_NO_THROW(cache.fail(source().name, ++at, error)) << to_string(kind);
    const auto row =
        cache.store().query("SELECT error_class, error, last_attempt_at, rows FROM source WHERE source = ?", {source().name}).rows.at(0);
    EXPECT_EQ(row, (Row{std::string(to_string(kind)), error.text, at, Value{}}));
  }
}

TEST_P(Registry, a_failure_writes_only_to_the_tables_of_its_source) {
  if (!source().failed) return;
  const auto batch = source().failed(first_known(source(), nullptr), {ErrorClass::refused, "refused"});
  for (const auto& write : batch.writes) EXPECT_EQ(std::ranges::count(source().tables, write.table), 1) << write.table;
}

}  // namespace
}  // namespace gateway
