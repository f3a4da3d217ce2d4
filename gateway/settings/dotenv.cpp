#include "settings/dotenv.hpp"

#include <algorithm>
#include <array>

namespace gateway {
namespace {

// What Go takes for white space, as UTF-8.
constexpr std::array<std::string_view, 21> wide_spaces{"\u0085", "\u00A0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
                                                       "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200A",
                                                       "\u2028", "\u2029", "\u202F", "\u205F", "\u3000", "\v",     "\f"};

// Length of the white space at the start of `text`; 0: none.
std::size_t space_at_start(std::string_view text, bool with_line_breaks) {
  if (text.empty()) return 0;
  if (text.front() == ' ' || text.front() == '\t' || text.front() == '\r') return 1;
  if (text.front() == '\n') return with_line_breaks ? 1 : 0;
  for (const auto space : wide_spaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::string_view without_space_at_end(std::string_view text) {
  for (bool found = true; found && !text.empty();) {
    found = text.ends_with(' ') || text.ends_with('\t') || text.ends_with('\r');
    if (found) text.remove_suffix(1);
    for (const auto space : wide_spaces) {
      if (!text.ends_with(space)) continue;
      text.remove_suffix(space.size());
      found = true;
    }
  }
  return text;
}

void append_utf8(std::string& text, unsigned code) {  // of one byte
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else {
    text += static_cast<char>(0xC0 | (code >> 6));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// \0 and three octal digits; otherwise the backslash and the digits stay, without the 0. Takes them off the front of `text`.
void append_octal(std::string& result, std::string_view& text) {
  std::size_t digits = 0;
  while (digits < 3 && digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto octal = text.substr(0, digits);
  text.remove_prefix(digits);
  if (digits == 3 && octal[0] <= '3' && std::ranges::all_of(octal, [](char c) { return c <= '7'; })) {
    append_utf8(result, static_cast<unsigned>((octal[0] - '0') * 64 + (octal[1] - '0') * 8 + octal[2] - '0'));
  } else {
    result.append("\\").append(octal);
  }
}

// The escapes of a double-quoted value; \$ becomes $$, which the interpolation takes for a dollar sign.
std::string unescaped(std::string_view text) {
  constexpr std::string_view names = "abfnrtv\\\"$", meanings = "\a\b\f\n\r\t\v\\\"$";
  std::string result;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\' || text.empty()) {
      result += c;
      continue;
    }
    const char escape = text.front();
    text.remove_prefix(1);
    const auto known = names.find(escape);
    if (escape == '0') append_octal(result, text);
    else if (escape == '$') result += "$$";
    else if (known != std::string_view::npos) result += meanings[known];
    else result.append("\\") += escape;
  }
  return result;
}

class Parser {
 public:
  Parser(std::string_view text, const Lookup& environment) : text_(text), environment_(environment) {}

  std::expected<Dotenv, DotenvError> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    while (skip_to_statement()) {
      statement_line_ = line_;
      if (!statement()) return std::unexpected(error_);
    }
    return std::move(result_);
  }

 private:
  void skip(std::size_t bytes) {
    line_ += static_cast<int>(std::ranges::count(text_.substr(0, bytes), '\n'));
    text_.remove_prefix(bytes);
  }
  std::string_view rest_of_line() const { return text_.substr(0, text_.find('\n')); }
  bool fail(std::string text) {
    error_ = {statement_line_, std::move(text)};
    return false;
  }

  bool skip_to_statement() {
    for (;;) {
      while (const auto space = space_at_start(text_, true)) skip(space);
      if (!text_.starts_with('#')) return !text_.empty();
      skip(rest_of_line().size());
    }
  }

  bool statement() {
    if (text_.starts_with("export") && space_at_start(text_.substr(6), false) > 0) {
      skip(6);
      skip_spaces();
    }
    const auto line = rest_of_line();
    const auto separator = line.find_first_of("=:");
    const auto name = without_space_at_end(line.substr(0, std::min(separator, line.size())));
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
             std::string_view("_.-[]").find(c) != std::string_view::npos;
    };
    const bool byte_order_mark = name.find("\uFEFF") != std::string_view::npos;  // invisible, and no letter
    if (separator == std::string_view::npos || name.empty() || byte_order_mark || !std::ranges::all_of(name, allowed))
      return fail("expected NAME=VALUE");
    skip(separator + 1);
    const bool set_off = skip_spaces();
    const bool quoted = text_.starts_with('"') || text_.starts_with('\'');
    auto value = quoted ? quoted_value() : plain_value(set_off);
    if (!value) return false;
    if (value->find('\0') != std::string::npos) return fail("a value cannot contain NUL");
    result_.values[std::string(name)] = std::move(*value);
    return true;
  }

  bool skip_spaces() {
    bool any = false;
    for (auto space = space_at_start(text_, false); space > 0; space = space_at_start(text_, false), any = true) skip(space);
    return any;
  }

  std::optional<std::string> plain_value(bool set_off) {
    auto value = rest_of_line();
    skip(value.size());
    constexpr const char* comment = "a comment begins with a space and #, after a value; quote the value where # is part of it";
    if ((set_off && value.starts_with('#')) || value.find("\t#") != std::string_view::npos) return refuse(comment);
    return expanded(without_space_at_end(value.substr(0, value.find(" #"))));
  }

  // In single quotes only \' is an escape, in double quotes the usual ones are; both may span lines.
  std::optional<std::string> quoted_value() {
    const char quote = text_.front();
    std::string raw;
    std::size_t i = 1;
    for (; i < text_.size() && text_[i] != quote; ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size()) {
        if (text_[++i] != quote) raw += '\\';
      }
      raw += text_[i];
    }
    if (i >= text_.size()) return refuse("unterminated quote");
    skip(i + 1);
    auto after = rest_of_line();
    while (const auto space = space_at_start(after, false)) after.remove_prefix(space);
    if (!after.empty() && !after.starts_with('#')) return refuse("unexpected text after the closing quote");
    skip(rest_of_line().size());
    return quote == '"' ? expanded(unescaped(raw)) : std::optional(std::move(raw));
  }

  std::optional<std::string> expanded(std::string_view value) {
    std::vector<std::string> unset;
    const Lookup lookup = [this](const std::string& name) -> std::optional<std::string> {
      if (auto given = environment_(name)) return given;
      const auto found = result_.values.find(name);
      return found == result_.values.end() ? std::nullopt : std::optional(found->second);
    };
    auto result = interpolated(value, lookup, unset);
    if (!result) return refuse(result.error());
    for (const auto& name : unset) {
      result_.warnings.push_back(
          {statement_line_, "$" + name + " is not set and counts as empty; write $$ for a dollar sign, or use single quotes"});
    }
    return std::move(*result);
  }

  std::nullopt_t refuse(std::string text) {
    fail(std::move(text));
    return std::nullopt;
  }

  std::string_view text_;
  const Lookup& environment_;
  int line_ = 1, statement_line_ = 1;
  Dotenv result_;
  DotenvError error_;
};

}  // namespace

std::expected<Dotenv, DotenvError> parse_dotenv(std::string_view text, const Lookup& environment) {
  return Parser(text, environment).run();
}

}  // namespace gateway
