// What is done to text that others wrote: cleaning, cutting, patterns. The first piece is a pattern, the rest the text.
#include "base/text.hpp"

#include <algorithm>

#include "check.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  using fuzz::require;
  fuzz::Input input(data, size);
  const auto length = input.byte();
  const auto pattern = input.piece('\n');
  const auto text = input.rest();

  const auto clean = clean_utf8(text);
  require(clean_utf8(clean) == clean, "what is clean stays as it is");
  require(clean.find('\0') == std::string::npos, "clean text has no NUL");
  const auto cut = shortened(clean, length);
  require(cut == clean || cut.size() <= std::max<std::size_t>(length, 3), "a shortened text is short");
  require(clean_utf8(cut) == cut, "a cut is between characters");
  shortened(text, length);
  const auto line = one_line(clean);
  require(line.size() <= clean.size() && std::ranges::none_of(line, [](char c) { return c == '\n' || c == '\r' || c == '\x1b'; }),
          "one line is one line");
  require(clean_utf8(line) == line, "one line stays clean");

  require(error_pattern(clean).find_first_of("0123456789") == std::string::npos, "a pattern has no numbers");
  require(error_pattern(error_pattern(clean)) == error_pattern(clean), "a pattern is its own pattern");
  require(trimmed(trimmed(text)) == trimmed(text), "what is trimmed stays as it is");
  std::size_t together = 0;
  for (const auto part : split(text, ',')) together += part.size() + 1;
  require(together == text.size() + 1, "split loses nothing");

  require(matches("*", text), "a star matches everything");
  require(matches(text, text) || text.find('*') != std::string_view::npos, "a name matches itself");
  require(!matches(pattern, text) || matches(std::string(pattern) + "*", text), "a star more matches no less");
  return 0;
}
