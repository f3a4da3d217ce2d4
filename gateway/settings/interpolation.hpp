// $NAME and ${NAME...} in a .env file's values, by the rules of Docker Compose.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

// $$ is a dollar sign; so is one that no name follows. ${NAME:-text}, ${NAME-text}: text where NAME is not set (with the
// colon: or empty); ${NAME:+text}, ${NAME+text}: text where it is; ${NAME:?text}, ${NAME?text}: an error where it is not.
// A name that is not set is nothing; it is added to `unset`. The error says what is wrong and shows no value.
std::expected<std::string, std::string> interpolated(std::string_view text, const Lookup& lookup, std::vector<std::string>& unset);

}  // namespace gateway
