// Every source that asks over HTTP: any status and body, whatever it knew before. The first byte chooses the source.
#include "answers.hpp"
#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto chosen = [] {
    std::vector<const gateway::Source*> found;
    for (const auto& source : fuzz::sources()) {
      if (fuzz::speaks_http(source)) found.push_back(&source);
    }
    return found;
  }();
  fuzz::Input input(data, size);
  const auto& source = *chosen[input.below(chosen.size())];
  auto prior = fuzz::prior_state(source, input);
  const auto requests = source.ask(prior);
  if (!requests) {
    fuzz::require_proper(requests.error());
    return 0;
  }
  const auto batch = source.parse(prior, fuzz::answers(source, *requests, input));
  if (batch) fuzz::require_proper(*batch, source);
  else fuzz::require_proper(batch.error());
  return 0;
}
