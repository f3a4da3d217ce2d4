// Any SQLSTATE and any message of a server, and any words of a connection that failed, to an error of ours.
#include "ask/sql_error.hpp"
#include "check.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto state = input.piece('\n');
  const auto rest = input.rest();
  const auto error = gateway::sql_error(state, rest);
  fuzz::require_proper(error);
  fuzz::require_readable(gateway::connection_error(rest, "postgres", "5432"));  // `other`: no memory, no route
  fuzz::require(!state.starts_with("22") || error.text.size() < 100, "a data exception does not quote the value");
  return 0;
}
