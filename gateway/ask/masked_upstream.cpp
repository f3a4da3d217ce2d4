#include "ask/masked_upstream.hpp"

namespace gateway {

MaskedUpstream::MaskedUpstream(std::shared_ptr<Upstream> inner, std::vector<Secret> secrets)
    : inner_(std::move(inner)), secrets_(std::move(secrets)) {
  renew_mask();
}

// A secret that was replaced meanwhile, also one that this upstream does not use, may be repeated to us from now on.
void MaskedUpstream::renew_mask() {
  auto values = all_values(secrets_);
  if (values == values_) return;
  values_ = std::move(values);
  mask_ = SecretMask(values_);
}

std::vector<Outcome> MaskedUpstream::attempt(std::span<Job> jobs, const Deadline& deadline) {
  auto outcomes = inner_->attempt(jobs, deadline);
  renew_mask();
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
