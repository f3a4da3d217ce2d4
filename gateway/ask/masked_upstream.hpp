// An upstream whose answers have passed the mask: the one border at which a peer's texts enter the gateway. Whatever is
// stored, shown or logged afterwards came through here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ask/upstream.hpp"
#include "base/secret.hpp"
#include "base/secrets.hpp"

namespace gateway {

class MaskedUpstream : public Upstream {
 public:
  MaskedUpstream(std::shared_ptr<Upstream> inner, std::vector<Secret> secrets);

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { inner_->cancel(); }
  std::string identity() const override { return mask_.masked_data(inner_->identity()); }

 private:
  void renew_mask();

  std::shared_ptr<Upstream> inner_;
  std::vector<Secret> secrets_;
  std::vector<std::string> values_;  // that the mask hides
  SecretMask mask_;
};

}  // namespace gateway
