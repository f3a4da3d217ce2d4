// Small things done to text: trimming, splitting, making it safe to store and to print.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

std::string_view trimmed(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);

// Valid UTF-8 without NUL: every wrong byte becomes U+FFFD. SQLite, JSON and terminals then agree on what it is.
std::string clean_utf8(std::string_view text);

// At most `bytes` bytes, cut between characters and marked with an ellipsis.
std::string shortened(std::string_view text, std::size_t bytes);

// One printable line: control characters (C0, DEL, C1), line breaks, and characters that change the direction
// of what follows become spaces, so that no name can move a terminal's cursor or pose as another.
std::string one_line(std::string_view text);

// Two notes as one line; either may be empty.
std::string joined_notes(const std::string& one, const std::string& other);

// The text with each {name} that `values` has in its place; other braces stay.
std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values);

// PostgreSQL's text form of an array, for `= ANY($1)`.
std::string array_literal(const std::vector<std::string>& items);

// The message with ids and numbers replaced by `#`, so that errors that say the same are counted together.
std::string error_pattern(std::string_view message);

// `pattern` may contain `*` for any run of characters.
bool matches(std::string_view pattern, std::string_view name);

// The parser for the upstreams' many ways to write a time: 0 to 9 fraction digits, T or space, Z, ±hh:mm or nothing (UTC).
std::optional<double> parse_time(std::string_view text);

}  // namespace gateway
