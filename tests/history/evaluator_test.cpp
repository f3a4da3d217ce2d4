// The answers that random histories are answered with are those of a real PostgreSQL: every request that the sources make of
// a random world, through its history, is asked of both.
#include <gtest/gtest.h>

#include <iostream>

#include "../integration/support/private_postgres.hpp"
#include "answers.hpp"
#include "ask/postgres.hpp"
#include "cache/store.hpp"
#include "datasets/datasets.hpp"
#include "history_run.hpp"
#include "postgres_writer.hpp"
#include "random_world.hpp"
#include "trading.hpp"
#include "unit/support.hpp"

namespace history {
namespace {

gateway::Settings settings_for(const std::string& database) {
  return gateway::settings_of(integration::PrivatePostgres::instance().settings(database));
}

std::string cell(const gateway::Value& value) {
  if (const auto i = gateway::integer(value)) return fmt::format("{:.6f}", static_cast<double>(*i));
  if (const auto d = gateway::number(value)) return fmt::format("{:.6f}", *d);
  return gateway::text(value).value_or("NULL");
}

// Of rows only those columns that do not depend on when exactly the question arrived; in no order.
std::vector<std::string> comparable(const gateway::Table& table) {
  std::vector<std::string> rows;
  for (const auto& row : table.rows) {
    std::string text;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      if (table.columns[c] != "now" && table.columns[c] != "quiet_s") text += table.columns[c] + "=" + cell(row[c]) + " ";
    }
    rows.push_back(std::move(text));
  }
  std::ranges::sort(rows);
  return rows;
}

// The sources, with an ear at both sides of the real server.
class Compared {
 public:
  explicit Compared(World& world, const gateway::Settings& settings) : world_(world) {
    for (auto& source : gateway::all_sources(settings)) {
      if (source.upstream == "postgres" && is_simulated(source)) sources_.push_back(source);
    }
    for (auto& source : sources_) listen(source);
  }

  const std::vector<gateway::Source>& sources() const { return sources_; }
  int compared() const { return compared_; }

 private:
  void listen(gateway::Source& source) {
    source.ask = [this, &source, ask = source.ask](const gateway::PriorState& prior) {
      auto requests = ask(prior);
      if (requests) asked_[source.name] = *requests;
      return requests;
    };
    source.parse = [this, &source, parse = source.parse](const gateway::PriorState& prior, std::span<const gateway::Answer> answers) {
      const auto& requests = asked_[source.name];
      for (std::size_t i = 0; i < answers.size(); ++i) compare(source, requests.at(i), std::get<gateway::Table>(answers[i]));
      return parse(prior, answers);
    };
  }

  void compare(const gateway::Source& source, const gateway::Request& request, const gateway::Table& real) {
    if (std::ranges::find(real.columns, "now") != real.columns.end()) world_.now = gateway::number(real.at(0, "now")).value_or(world_.now);
    const auto ours = std::get<gateway::Table>(answer(world_, source, request));
    const auto is = comparable(ours), should = comparable(real);
    ++compared_;
    if (is == should) return;
    const auto& sql = std::get<gateway::SqlRequest>(request).sql;
    const auto differ = std::ranges::mismatch(is, should);
    ADD_FAILURE() << source.name << ": " << is.size() << " rows, " << should.size() << " of PostgreSQL\n"
                  << (differ.in1 == is.end() ? "" : *differ.in1) << "\n"
                  << (differ.in2 == should.end() ? "" : *differ.in2) << "\n"
                  << sql.substr(0, 200);
  }

  World& world_;
  std::vector<gateway::Source> sources_;
  std::map<std::string, std::vector<gateway::Request>> asked_;
  int compared_ = 0;
};

TEST(Evaluator, AnswersAsPostgreSQLDoes) {
  const auto choice = chosen(6);
  const int worlds = std::min(choice.count, 6);
  std::cout << "HISTORY_SEED=" << choice.seed << '\n';
  int compared = 0;
  for (int n = 0; n < worlds; ++n) {
    const auto database = fmt::format("evaluated_{}", n);
    integration::PrivatePostgres::instance().create(database);
    const auto settings = settings_for(database);
    Random random(choice.seed + static_cast<std::uint64_t>(n));
    World world;
    RandomWorld random_world(world, random,
                             {.burst = 0.1, .huge_burst = n == 0 ? 0.5 : 0.0, .outage = 0, .long_pauses = true, .trainings = true});
    Compared both(world, settings);
    gateway::Postgres postgres(settings.postgres);
    std::vector<gateway::SourceSetup> setups;
    for (const auto& source : both.sources()) setups.push_back({&source, settings.postgres.pace});
    gateway::Store store;
    constexpr double year = 365.0 * 86400;
    const double past = static_cast<double>(gateway::unix_now()) - year;
    random_world.begin(past, 300, 300);
    store.begin({.sources = setups,
                 .retention = settings.retention,
                 .strategies = settings.strategies,
                 .backoff_cap = settings.backoff_cap,
                 .version = "1.2.3",
                 .now = gateway::unix_now(),
                 .publish_within = std::chrono::seconds(10)});
    PostgresWriter writer(integration::PrivatePostgres::instance().superuser(database));
    for (int step = 0; step < 12; ++step) {
      if (step > 0) random_world.step();
      writer.write(world);
      const auto now = world.now;
      std::vector<gateway::Job> jobs;
      for (const auto& source : both.sources())
        jobs.push_back({.source = &source, .prior = store.prior_state(source, static_cast<std::int64_t>(now))});
      const gateway::Deadline deadline(std::chrono::seconds(30));
      const auto outcomes = postgres.attempt(jobs, deadline);
      world.now = now;
      for (const auto& outcome : outcomes) ASSERT_TRUE(outcome.result) << outcome.source << ": " << outcome.result.error().text;
      store.apply(outcomes, setups, {.upstream = "postgres", .next_attempt_at = 0, .failures_for_outage = 2, .failing_for_s = {}});
    }
    compared += both.compared();
    integration::PrivatePostgres::instance().drop(database);
  }
  EXPECT_GE(compared, worlds * 12 * 7);
  std::cout << compared << " answers compared\n";
}

}  // namespace
}  // namespace history
