#include "base/text.hpp"

#include <algorithm>
#include <chrono>

namespace gateway {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 if it is none (overlong, surrogate, cut off).
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

// One well-formed sequence: C0, DEL, C1 (U+0080..9F), line separators (U+2028, 2029), and the characters that set a direction
// (U+061C, 200E, 200F, 202A..202E, 2066..2069).
bool moves_cursor(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2) return (byte(0) == 0xC2 && byte(1) < 0xA0) || character == "\xD8\x9C";
  if (character.size() != 3 || byte(0) != 0xE2) return false;
  if (byte(1) == 0x80) return byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE);
  return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
}

// Takes exactly `digits` digits off the front.
std::optional<int> take(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto from = text.find_first_not_of(space);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(space) - from + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string clean_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto length = sequence(text);
    if (length == 0) {
      clean += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return clean;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  constexpr std::string_view ellipsis = "…";
  std::size_t end = bytes > ellipsis.size() ? bytes - ellipsis.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const auto length = std::max<std::size_t>(1, sequence(text));
    if (moves_cursor(text.substr(0, length))) line += ' ';
    else line += text.substr(0, length);
    text.remove_prefix(length);
  }
  return line;
}

std::string joined_notes(const std::string& one, const std::string& other) {
  return one.empty() || other.empty() ? one + other : one + "; " + other;
}

std::string filled(std::string_view text, const std::vector<std::pair<std::string, std::string>>& values) {
  std::string result;
  for (std::size_t from = 0; from < text.size();) {
    const auto open = text.find('{', from);
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return result += text.substr(from);
    const auto found =
        std::ranges::find(values, text.substr(open + 1, close - open - 1), [](const auto& each) { return std::string_view(each.first); });
    result += text.substr(from, open - from);
    result += found == values.end() ? std::string(text.substr(open, close + 1 - open)) : found->second;
    from = close + 1;
  }
  return result;
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

std::string error_pattern(std::string_view message) {
  // A word with a digit in it is a number, an id or a version: order ids, uuids, amounts, addresses.
  constexpr std::string_view separators = " ,;()[]{}'\"=\t\r\n";
  std::string pattern;
  while (!message.empty()) {
    const auto end = std::min(message.find_first_of(separators), message.size());
    const auto word = message.substr(0, end);
    if (word.find_first_of("0123456789") == std::string_view::npos) pattern += word;
    else pattern += '#';
    if (end < message.size()) pattern += message[end];
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return pattern;
}

bool matches(std::string_view pattern, std::string_view name) {
  // Greedy with one point to return to: linear in practice, never exponential.
  std::size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<double> parse_time(std::string_view text) {
  text = trimmed(text);
  const auto year = take(text, 4);
  if (!year || !take_one_of(text, "-")) return std::nullopt;
  const auto month = take(text, 2);
  if (!month || !take_one_of(text, "-")) return std::nullopt;
  const auto day = take(text, 2);
  if (!day || !take_one_of(text, "T ")) return std::nullopt;
  const auto hour = take(text, 2);
  if (!hour || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take(text, 2);
  if (!minute || !take_one_of(text, ":")) return std::nullopt;
  const auto second = take(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  double fraction = 0, scale = 0.1;
  if (take_one_of(text, ".")) {
    if (text.empty()) return std::nullopt;
    for (int digits = 0; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, scale /= 10) {
      if (digits == 9) return std::nullopt;
      fraction += scale * (text.front() - '0');
      text.remove_prefix(1);
    }
  }
  int offset_minutes = 0;
  if (!take_one_of(text, "Z") && !text.empty()) {
    const int sign = text.front() == '-' ? -1 : 1;
    if (!take_one_of(text, "+-")) return std::nullopt;
    const auto hours = take(text, 2);
    take_one_of(text, ":");
    const auto minutes = take(text, 2);
    if (!hours || !minutes || *hours > 15 || *minutes > 59) return std::nullopt;
    offset_minutes = sign * (*hours * 60 + *minutes);
  }
  if (!text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400 + *hour * 3600 + *minute * 60 + *second - offset_minutes * 60 + fraction;
}

}  // namespace gateway
