// Pointers into JSON (RFC 6901), with `*` for every element or member.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace gateway {

// Empty, or steps that begin with `/` each. `stars`: whether `*` may be among them.
bool is_pointer(std::string_view pointer, bool stars = true);

// All that the pointer leads to, in the document's order. Without `*` at most one. JSON null is found, too.
std::vector<const Json*> find_all(const Json& document, std::string_view pointer);
const Json* find_one(const Json& document, std::string_view pointer);

}  // namespace gateway
