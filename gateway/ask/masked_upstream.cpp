#include "ask/masked_upstream.hpp"

namespace gateway {

std::vector<Outcome> MaskedUpstream::attempt(std::span<Job> jobs, const Deadline& deadline) {
  auto outcomes = inner_->attempt(jobs, deadline);
  for (auto& outcome : outcomes) {
    if (!outcome.result) {
      outcome.result.error().text = mask_.masked(outcome.result.error().text);
      continue;
    }
    for (auto& write : outcome.result->writes) {
      for (auto& row : write.rows) {
        for (auto& value : row) {
          if (auto* text = std::get_if<std::string>(&value)) *text = mask_.masked_data(*text);
        }
      }
    }
  }
  return outcomes;
}

}  // namespace gateway
