#include "choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace grafana {
namespace {

constexpr const char* all_of_them = "$__all";

// As JavaScript writes a cell of an answer; NULL becomes an empty option.
std::string as_option(const gateway::Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
  if (const auto* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  return gateway::text(value).value_or("");
}

std::vector<std::string> strings(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  if (value.is_array()) return value.get<std::vector<std::string>>();
  return {};
}

std::vector<std::string> custom_options(const Variable& variable) {
  std::vector<std::string> values;
  for (const auto& option : variable.json.value("options", Json::array())) {
    const auto value = option.value("value", Json());
    if (value.is_string() && value != all_of_them) values.push_back(value.get<std::string>());
  }
  return values;
}

Chosen everything(const Variable& variable, const std::vector<std::string>& values) {
  const auto raw = variable.json.value("allValue", Json());
  return {.is_list = true, .values = values, .all = true, .all_value = raw.is_string() ? raw.get<std::string>() : ""};
}

Chosen exactly(const Variable& variable, const std::vector<std::string>& values) {
  return {.is_list = variable.multi(), .values = values, .all = false, .all_value = {}};
}

Chosen at_first(const Variable& variable, const std::vector<std::string>& values) {
  const auto current = strings(variable.json.value("current", Json::object()).value("value", Json()));
  if (variable.type == "textbox" || variable.type == "constant") {
    const auto query = variable.json.value("query", Json());
    return exactly(variable, {current.empty() ? (query.is_string() ? query.get<std::string>() : "") : current.front()});
  }
  if (variable.include_all() && (values.empty() || (!current.empty() && current.front() == all_of_them)))
    return everything(variable, values);
  std::vector<std::string> still_there;
  for (const auto& one : current) {
    if (std::ranges::find(values, one) != values.end()) still_there.push_back(one);
  }
  if (still_there.empty() && !values.empty()) still_there.push_back(values.front());
  if (still_there.empty() && !variable.multi()) still_there.emplace_back();
  return exactly(variable, still_there);
}

std::vector<std::string> several_of(const std::vector<std::string>& values) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(values.size(), 3))};
}

// "now", "now-6h"
std::int64_t moment(const std::string& text, std::int64_t now) {
  if (text == "now") return now;
  const std::map<char, std::int64_t> units{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
  if (!text.starts_with("now-") || !units.contains(text.back())) throw std::invalid_argument("no time: " + text);
  return now - std::stoll(text.substr(4)) * units.at(text.back());
}

}  // namespace

const std::vector<std::string>& hostile_values() {
  static const std::vector<std::string> values{
      "O'Brien's",
      "say \"hi\"",
      "back\\slash",
      "two\nlines",
      "Стратегия",
      "\xF0\x9F\x9A\x80 moon",
      "'); DROP TABLE event; --",
      "$__from and ${x} and [[y]]",
      "a,b",
      "{a,b}",
      "100%_",
      "*",
      "<b>bold</b>",
      "All",
  };
  return values;
}

Frame options_frame(const Variable& variable, const std::filesystem::path& cache, const Choice& choice, const TimeRange& range) {
  const auto query = variable.json.value("query", Json());
  // The plugin's own replacements see no time range for a variable; the browser has filled it in before.
  return ask(cache, interpolated(query.is_string() ? query.get<std::string>() : "", choice, range), {}, {});
}

std::vector<std::string> options(const Variable& variable, const std::filesystem::path& cache, const Choice& choice,
                                 const TimeRange& range) {
  if (variable.type == "custom") return custom_options(variable);
  if (variable.type != "query") return {};
  const auto frame = options_frame(variable, cache, choice, range);
  if (frame.columns.empty()) return {};
  const auto named = frame.index("__value");
  const auto column = named == std::string::npos ? 0 : named;
  std::vector<std::string> values;
  for (const auto& row : frame.rows) {
    const auto value = as_option(row[column]);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

Choice as_opened(const Dashboard& dashboard, const std::filesystem::path& cache, const TimeRange& range) {
  Choice choice;
  for (const auto& variable : dashboard.variables) choice[variable.name] = at_first(variable, options(variable, cache, choice, range));
  return choice;
}

Choice with_value(Choice choice, const Variable& variable, const std::string& value) {
  choice[variable.name] = exactly(variable, {value});
  return choice;
}

std::vector<NamedChoice> choices(const Dashboard& dashboard, const std::filesystem::path& cache, const TimeRange& range) {
  const auto opened = as_opened(dashboard, cache, range);
  std::vector<NamedChoice> all{{.name = "as opened", .variable = "", .choice = opened}};
  for (const auto& variable : dashboard.variables) {
    const auto add = [&](const std::string& kind, const Chosen& chosen) {
      auto choice = opened;
      choice[variable.name] = chosen;
      all.push_back({.name = variable.name + ": " + kind, .variable = variable.name, .choice = std::move(choice)});
    };
    const auto values = options(variable, cache, opened, range);
    if (variable.include_all()) add("All", everything(variable, values));
    if (!values.empty()) {
      add("one", exactly(variable, {values.front()}));
      add("the last", exactly(variable, {values.back()}));
      if (variable.multi()) add("several", exactly(variable, several_of(values)));
    }
    add("not in the list", exactly(variable, {"no such value"}));
    add("empty", exactly(variable, {""}));
    for (const auto& value : hostile_values()) add("hostile " + value, exactly(variable, {value}));
    if (variable.multi()) {
      add("several hostile", exactly(variable, hostile_values()));
      add("none", exactly(variable, {}));
    }
  }
  return all;
}

TimeRange range_of(const Dashboard& dashboard, std::int64_t now) {
  const auto time = dashboard.json.value("time", Json::object());
  return {.from_ms = moment(time.value("from", "now-6h"), now) * 1000, .to_ms = moment(time.value("to", "now"), now) * 1000};
}

}  // namespace grafana
