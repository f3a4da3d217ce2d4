#include "interpolation.hpp"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace grafana {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

// $name
std::optional<Reference> plain(std::string_view text, std::size_t at) {
  const auto end = word_end(text, at + 1);
  if (end == at + 1) return std::nullopt;
  return Reference{.begin = at, .end = end, .name = std::string(text.substr(at + 1, end - at - 1)), .field = {}, .format = {}};
}

// ${name}, ${name.field}, ${name:format}
std::optional<Reference> braced(std::string_view text, std::size_t at) {
  const auto name_end = word_end(text, at + 2);
  if (name_end == at + 2) return std::nullopt;
  Reference found{.begin = at, .end = 0, .name = std::string(text.substr(at + 2, name_end - at - 2)), .field = {}, .format = {}};
  auto next = name_end;
  if (next < text.size() && text[next] == '.') {
    const auto end = text.find_first_of(":^}", next);
    if (end == std::string_view::npos || end == next + 1) return std::nullopt;
    found.field = text.substr(next + 1, end - next - 1);
    next = end;
  }
  if (next < text.size() && text[next] == ':') {
    const auto end = text.find('}', next);
    if (end == std::string_view::npos || end == next + 1) return std::nullopt;
    found.format = text.substr(next + 1, end - next - 1);
    next = end;
  }
  if (next >= text.size() || text[next] != '}') return std::nullopt;
  found.end = next + 1;
  return found;
}

// [[name]], [[name:format]]
std::optional<Reference> bracketed(std::string_view text, std::size_t at) {
  const auto name_end = word_end(text, at + 2);
  if (name_end == at + 2) return std::nullopt;
  Reference found{.begin = at, .end = 0, .name = std::string(text.substr(at + 2, name_end - at - 2)), .field = {}, .format = {}};
  auto next = name_end;
  if (next < text.size() && text[next] == ':') {
    const auto end = word_end(text, next + 1);
    if (end == next + 1) return std::nullopt;
    found.format = text.substr(next + 1, end - next - 1);
    next = end;
  }
  if (!text.substr(next).starts_with("]]")) return std::nullopt;
  found.end = next + 2;
  return found;
}

std::string joined(const std::vector<std::string>& values, std::string_view before, std::string_view between, std::string_view after) {
  return fmt::format("{}{}{}", before, fmt::join(values, between), after);
}

// Doubles ' and writes \" for ": so it does, though SQLite knows no backslash.
std::string sql_quoted(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'') quoted += "''";
    else if (c == '"') quoted += "\\\"";
    else quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-_.~").contains(c)) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string formatted(const Chosen& chosen, const std::string& format) {
  const auto& values = chosen.values;
  const auto first = values.empty() ? std::string() : values.front();
  if (format == "sqlstring") {
    if (!chosen.is_list) return sql_quoted(first);
    std::vector<std::string> quoted;
    for (const auto& value : values) quoted.push_back(sql_quoted(value));
    return joined(quoted, "", ",", "");
  }
  if (format == "percentencode") return percent_encoded(chosen.is_list ? joined(values, "{", ",", "}") : first);
  if (format == "csv" || format == "raw") return joined(values, "", ",", "");
  if (format == "text") return chosen.all ? "All" : joined(values, "", " + ", "");
  return chosen.is_list && values.size() > 1 ? joined(values, "{", ",", "}") : first;
}

std::vector<Reference> references(std::string_view text) {
  std::vector<Reference> found;
  for (std::size_t at = 0; at < text.size();) {
    std::optional<Reference> here;
    if (text.substr(at).starts_with("${")) here = braced(text, at);
    else if (text[at] == '$') here = plain(text, at);
    else if (text.substr(at).starts_with("[[")) here = bracketed(text, at);
    at = here ? here->end : at + 1;
    if (here) found.push_back(std::move(*here));
  }
  return found;
}

std::string interpolated(std::string_view text, const Choice& choice, const TimeRange& range) {
  std::string result;
  std::size_t copied = 0;
  for (const auto& reference : references(text)) {
    result += text.substr(copied, reference.begin - copied);
    copied = reference.end;
    const auto found = choice.find(reference.name);
    if (found != choice.end()) {
      const auto& chosen = found->second;
      if (chosen.all && !chosen.all_value.empty()) {
        result += reference.format == "text" ? "All" : interpolated(chosen.all_value, choice, range);
      } else {
        result += formatted(chosen, reference.format);
      }
    } else if (reference.name == "__from" || reference.name == "__to") {
      const auto ms = reference.name == "__from" ? range.from_ms : range.to_ms;
      result += reference.format == "date:seconds" ? fmt::format("{}", (ms + 500) / 1000) : fmt::format("{}", ms);
    } else {
      result += text.substr(reference.begin, reference.end - reference.begin);
    }
  }
  return result + std::string(text.substr(copied));
}

}  // namespace grafana
