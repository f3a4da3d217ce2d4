#include "check/http_get.hpp"

#include "ask/http.hpp"

namespace gateway {

Result<std::vector<HttpAnswer>> http_get(const HttpSettings& settings, const std::vector<std::string>& targets, Milliseconds timeout) {
  std::vector<HttpAnswer> answers;
  const Source source{.name = "check",
                      .upstream = "check",
                      .tables = {},
                      .row_count_sql = {},
                      .prior_state_sql = {},
                      .ask = [&](const PriorState&) -> Result<std::vector<Request>> {
                        std::vector<Request> requests;
                        for (const auto& target : targets) requests.emplace_back(HttpRequest{target});
                        return requests;
                      },
                      .parse = [&](const PriorState&, std::span<const Answer> given) -> Result<Batch> {
                        for (const auto& answer : given) answers.push_back(std::get<HttpAnswer>(answer));
                        return Batch{};
                      },
                      .failed = {}};
  HttpUpstream upstream(settings);
  Job job{.source = &source, .prior = {}};
  const auto outcomes = upstream.attempt({&job, 1}, Deadline(timeout));
  if (!outcomes[0].result) return std::unexpected(outcomes[0].result.error());
  return answers;
}

}  // namespace gateway
