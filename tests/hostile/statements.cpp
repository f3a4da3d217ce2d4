#include "statements.hpp"

namespace hostile {

using namespace gateway;

void Statements::add(const std::string& name, std::vector<std::string> statements, std::vector<std::string> reads, bool judged_alone) {
  sources_.push_back({.name = name,
                      .upstream = "postgres",
                      .tables = {},
                      .row_count_sql = {},
                      .prior_state_sql = {},
                      .reads = std::move(reads),
                      .judged_alone = judged_alone,
                      .ask = [this, name, statements = std::move(statements)](const PriorState&) -> Result<std::vector<Request>> {
                        ++asked[name];
                        std::vector<Request> requests;
                        for (const auto& sql : statements) requests.emplace_back(SqlRequest{sql, {}});
                        return requests;
                      },
                      .parse = [this, name](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
                        const auto& value = std::get<Table>(answers.back()).rows.at(0).at(0);
                        values[name] = integer(value) ? std::to_string(*integer(value)) : text(value).value_or("NULL");
                        catalogue = *prior.catalogue;
                        return Batch{};
                      },
                      .failed = {}});
}

Classes Statements::attempt() {
  std::vector<Job> jobs;
  for (const auto& source : sources_) jobs.push_back({.source = &source, .prior = {}});
  return attempt(std::move(jobs));
}

Classes Statements::attempt_of_several(const std::string& only) {
  std::vector<Job> jobs;
  for (const auto& source : sources_) {
    if (only.empty() || source.name == only) jobs.push_back({.source = &source, .prior = {}, .may_wait = true});
  }
  return attempt(std::move(jobs));
}

Classes Statements::attempt(std::vector<Job> jobs) {
  values.clear();
  errors.clear();
  Classes classes;
  for (const auto& outcome : upstream_.attempt(jobs, Deadline(timeout_))) {
    classes[outcome.source] = outcome.result ? "rows" : std::string(to_string(outcome.result.error().kind));
    errors[outcome.source] = outcome.result ? "" : outcome.result.error().text;
  }
  return classes;
}

}  // namespace hostile
