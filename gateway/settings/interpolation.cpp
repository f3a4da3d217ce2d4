#include "settings/interpolation.hpp"

#include <algorithm>

namespace gateway {
namespace {

constexpr const char* invalid = "unterminated or empty ${...}; write $$ for a dollar sign, or use single quotes";
constexpr int deepest = 20;  // ${A:-${B:-...}}

bool begins_name(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool continues_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

std::string take_name(std::string_view& text) {
  std::size_t length = 0;
  if (!text.empty() && begins_name(text.front())) {
    while (length < text.size() && continues_name(text[length])) ++length;
  }
  std::string name(text.substr(0, length));
  text.remove_prefix(length);
  return name;
}

// The index of the brace that closes one that is open; npos: none.
std::size_t closing_brace(std::string_view text) {
  int open = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    else if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

class Interpolation {
 public:
  Interpolation(const Lookup& lookup, std::vector<std::string>& unset) : lookup_(lookup), unset_(unset) {}

  std::expected<std::string, std::string> run(std::string_view text, int depth = 0) {
    if (depth > deepest) return std::unexpected(invalid);
    std::string result;
    while (!text.empty()) {
      const auto dollar = std::min(text.find('$'), text.size());
      result += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.empty()) break;
      text.remove_prefix(1);
      const auto value = after_dollar(text, depth);
      if (!value) return value;
      result += *value;
    }
    return result;
  }

 private:
  // Takes what belongs to the dollar sign off the front of `text`.
  std::expected<std::string, std::string> after_dollar(std::string_view& text, int depth) {
    if (text.starts_with('$')) {
      text.remove_prefix(1);
      return "$";
    }
    if (text.starts_with('{')) {
      text.remove_prefix(1);
      const auto end = closing_brace(text);
      if (end == std::string_view::npos) return std::unexpected(invalid);
      const auto inner = text.substr(0, end);
      text.remove_prefix(end + 1);
      return braced(inner, depth);
    }
    const auto name = take_name(text);
    return name.empty() ? "$" : plain(name);
  }

  std::expected<std::string, std::string> braced(std::string_view text, int depth) {
    const auto name = take_name(text);
    if (name.empty()) return std::unexpected(invalid);
    if (text.empty()) return plain(name);
    const bool colon = text.starts_with(':');
    if (colon) text.remove_prefix(1);
    if (text.empty()) return std::unexpected(invalid);
    const char rule = text.front();
    text.remove_prefix(1);
    const auto value = lookup_(name);
    const bool given = value && !(colon && value->empty());
    switch (rule) {
      case '-': return given ? *value : run(text, depth + 1);
      case '+': return given ? run(text, depth + 1) : std::string();
      case '?':
        if (given) return *value;
        return std::unexpected("the required variable " + name + " is not set");
      default: return std::unexpected(invalid);
    }
  }

  std::string plain(const std::string& name) {
    auto value = lookup_(name);
    if (!value) unset_.push_back(name);
    return value.value_or("");
  }

  const Lookup& lookup_;
  std::vector<std::string>& unset_;
};

}  // namespace

std::expected<std::string, std::string> interpolated(std::string_view text, const Lookup& lookup, std::vector<std::string>& unset) {
  return Interpolation(lookup, unset).run(text);
}

}  // namespace gateway
