// Any SQLSTATE and any message of a server, to an error of ours.
#include "check.hpp"
#include "input.hpp"
#include "postgres.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto state = input.piece('\n');
  const auto error = gateway::sql_error(state, input.rest());
  fuzz::require_proper(error);
  fuzz::require(!state.starts_with("22") || error.text.size() < 100, "a data exception does not quote the value");
  return 0;
}
