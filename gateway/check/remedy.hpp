// What an operator does about an error class, in the words of this deployment's settings.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

// `upstream`: postgres, rabbitmq or a service. `error_class` and `error` as in the view source_status. docs/operations.md has the
// same by class.
std::string remedy_of(std::string_view upstream, std::string_view error_class, std::string_view error);

// The same for a follower, which reads the object `origin`, by the address that FOLLOW gives.
std::string remedy_of_follower(std::string_view origin, std::string_view error_class, std::string_view error);

}  // namespace gateway
