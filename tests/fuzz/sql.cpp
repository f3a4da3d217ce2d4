// Every source that asks PostgreSQL: any rows of the columns it asks for, whatever it knew before and whatever the
// database lacks. The first byte chooses the source.
#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto chosen = fuzz::sources_that_speak_http(false);
  fuzz::Input input(data, size);
  const auto& source = *chosen[input.below(chosen.size())];
  auto prior = fuzz::prior_state(source, input);
  prior.catalogue = &fuzz::catalogue(input.byte());
  fuzz::attempt(source, prior, input);
  return 0;
}
