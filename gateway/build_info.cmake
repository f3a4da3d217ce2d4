# Run at every build: writes OUTPUT anew only where it says something else, so that nothing is compiled for nothing.
# COMMIT, where it is given, is taken for the commit: a container's build has no repository.
if(NOT COMMIT)
  execute_process(COMMAND git -C ${SOURCE} rev-parse --short=10 HEAD OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                  RESULT_VARIABLE failed)
  execute_process(COMMAND git -C ${SOURCE} diff --quiet HEAD RESULT_VARIABLE changed ERROR_QUIET)
  if(failed)
    set(COMMIT unknown)
  elseif(changed)
    string(APPEND COMMIT +)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "version.hpp"
namespace gateway {
const char* const commit = "@COMMIT@";
const char* const build_kind = "@BUILD@";
}  // namespace gateway
]])
