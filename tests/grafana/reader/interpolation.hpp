// What Grafana's browser side makes of `$name`, `${name:format}` and `[[name:format]]` in a text, rule by rule: formats,
// All with a raw allValue that is interpolated once more, unknown names left as they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace grafana {

// The state of one variable.
struct Chosen {
  bool is_list = false;             // a multi-value variable holds a list even of one
  std::vector<std::string> values;  // of All without allValue: all options
  bool all = false;
  std::string all_value;  // raw; empty: none
};

using Choice = std::map<std::string, Chosen>;  // by variable

struct TimeRange {
  std::int64_t from_ms = 0, to_ms = 0;
};

std::string interpolated(std::string_view text, const Choice& choice, const TimeRange& range);

// One reference to a variable as it is written.
struct Reference {
  std::size_t begin = 0, end = 0;
  std::string name, field, format;
};
std::vector<Reference> references(std::string_view text);

// By format name; an unknown one is glob, as none is.
std::string formatted(const Chosen& chosen, const std::string& format);
std::string percent_encoded(std::string_view text);

}  // namespace grafana
