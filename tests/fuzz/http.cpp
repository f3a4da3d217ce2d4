// Every source that asks over HTTP: any status and body, whatever it knew before. The first byte chooses the source.
#include "answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto chosen = fuzz::sources_that_speak_http(true);
  fuzz::Input input(data, size);
  const auto& source = *chosen[input.below(chosen.size())];
  auto prior = fuzz::prior_state(source, input);
  fuzz::attempt(source, prior, input);
  return 0;
}
