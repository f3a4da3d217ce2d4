// A table for the terminal: columns aligned, cells coloured by what they say.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace gateway {

struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> right;  // columns of numbers; may be shorter than the header
};

void print_table(const TextTable& table, bool colour, std::ostream& out);

// One code everywhere: good is green, a warning yellow, bad red, no knowledge grey. Other words are returned as they are.
std::string coloured(const std::string& word, bool colour);

// "3 min 20 s", "2 h 5 min", "4 d 1 h": an age, or any other length of time.
std::string readable_seconds(double seconds);
// "2026-01-31 12:00:00" in UTC.
std::string readable_time(double unix_seconds);

}  // namespace gateway
