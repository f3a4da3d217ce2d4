#include "display.hpp"

#include <fmt/format.h>

#include <limits>
#include <regex>
#include <set>

namespace grafana {
namespace {

bool matches(const Json& matcher, const std::string& field, const std::string& displayed) {
  const auto id = matcher.value("id", "");
  const auto options = matcher.value("options", Json());
  if (id == "byName") return options.is_string() && (options == field || options == displayed);
  if (id == "byNames") {
    for (const auto& name : options.value("names", Json::array())) {
      if (name == field || name == displayed) return true;
    }
    return false;
  }
  if (id == "byRegexp" && options.is_string()) {
    auto pattern = options.get<std::string>();
    if (pattern.size() > 1 && pattern.front() == '/' && pattern.back() == '/') pattern = pattern.substr(1, pattern.size() - 2);
    return std::regex_search(displayed, std::regex(pattern));
  }
  return false;
}

void lay_over(Json& config, const Json& properties) {
  for (const auto& property : properties) {
    const auto id = property.value("id", "");
    if (property.contains("value")) config[id] = property.at("value");
  }
}

std::string threshold_colour(const Json& thresholds, std::optional<double> number) {
  std::string colour;
  for (const auto& step : thresholds.value("steps", Json::array())) {
    const auto from = step.value("value", Json());
    const bool is_base = from.is_null();
    if (is_base || (number && *number >= from.get<double>())) colour = step.value("color", "");
  }
  return colour;
}

std::optional<Shown> mapped(const Json& mapping, const std::string& key, const gateway::Value& value) {
  const auto type = mapping.value("type", "");
  const auto options = mapping.value("options", Json::object());
  const auto result = [](const Json& one) { return Shown{.text = one.value("text", ""), .colour = one.value("color", "")}; };
  if (type == "special") {
    const auto match = options.value("match", "");
    const bool fits = (gateway::is_null(value) && (match == "null" || match == "null+nan")) ||
                      (!gateway::is_null(value) && key.empty() && match == "empty");
    return fits ? std::optional(result(options.value("result", Json::object()))) : std::nullopt;
  }
  if (gateway::is_null(value)) return std::nullopt;
  if (type == "value" && options.contains(key)) return result(options.at(key));
  if (type == "range") {
    const auto number = gateway::number(value);
    const auto bound = [&](const char* which, double open) {
      const auto limit = options.value(which, Json());
      return limit.is_number() ? limit.get<double>() : open;
    };
    constexpr auto infinite = std::numeric_limits<double>::infinity();
    if (number && *number >= bound("from", -infinite) && *number <= bound("to", infinite))
      return result(options.value("result", Json::object()));
  }
  if (type == "regex") {
    auto pattern = options.value("pattern", "");
    const bool slashes = pattern.size() > 1 && pattern.front() == '/';
    if (slashes) pattern = pattern.substr(1, pattern.rfind('/') - 1);
    const std::regex form(pattern);
    if (slashes ? std::regex_search(key, form) : std::regex_match(key, form)) {
      auto found = result(options.value("result", Json::object()));
      if (found.text.empty()) found.text = key;
      return found;
    }
  }
  return std::nullopt;
}

gateway::Value of_json(const Json& json) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return gateway::flag(json.get<bool>());
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  return json.is_string() ? json.get<std::string>() : json.dump();
}

ColumnType type_of(const gateway::Value& value) {
  if (std::holds_alternative<std::string>(value)) return ColumnType::text;
  return gateway::is_null(value) ? ColumnType::unknown : ColumnType::number;
}

// Of the panel's transformation; empty: it has none.
std::string extracted_column(const Panel& panel) {
  for (const auto& one : panel.json.value("transformations", Json::array())) {
    const auto options = one.value("options", Json::object());
    if (one.value("id", "") == "extractFields" && options.value("format", "") == "json" && options.value("replace", false))
      return options.value("source", "");
  }
  return {};
}

std::string key_of(const gateway::Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
  if (const auto* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  return gateway::text(value).value_or("");
}

}  // namespace

Json field_config(const Panel& panel, const std::string& field) {
  const auto fields = panel.json.value("fieldConfig", Json::object());
  auto config = fields.value("defaults", Json::object());
  for (const auto& override_ : fields.value("overrides", Json::array())) {
    const auto displayed = config.value("displayName", field);
    if (matches(override_.value("matcher", Json::object()), field, displayed))
      lay_over(config, override_.value("properties", Json::array()));
  }
  return config;
}

std::string display_name(const Panel& panel, const std::string& field) { return field_config(panel, field).value("displayName", field); }

bool extracts_fields(const Panel& panel) { return !extracted_column(panel).empty(); }

Frame with_extracted_fields(const Panel& panel, Frame frame) {
  const auto source = frame.index(extracted_column(panel));
  if (!extracts_fields(panel) || source == std::string::npos) return frame;
  Frame extracted{.columns = {}, .rows = {}, .faults = std::move(frame.faults), .failed = frame.failed};
  for (const auto& row : frame.rows) {
    gateway::Row values(extracted.columns.size());
    auto object = Json::parse(gateway::text(row[source]).value_or(""), nullptr, false);
    if (!object.is_object()) {
      extracted.faults.push_back("not a JSON object: " + gateway::text(row[source]).value_or("NULL"));
      object = Json::object();
    }
    for (const auto& [name, json] : object.items()) {
      auto at = extracted.index(name);
      if (at == std::string::npos) {
        at = extracted.columns.size();
        extracted.columns.push_back({.name = name, .type = ColumnType::unknown});
        values.emplace_back();
      }
      values[at] = of_json(json);
      auto& type = extracted.columns[at].type;
      if (type == ColumnType::unknown) type = type_of(values[at]);
      else if (const auto is = type_of(values[at]); is != ColumnType::unknown && is != type)
        extracted.faults.push_back(name + ": values of two types");
    }
    extracted.rows.push_back(std::move(values));
  }
  return extracted;
}

Shown shown(const Panel& panel, const std::string& field, const gateway::Value& value) {
  const auto config = field_config(panel, field);
  Shown result;
  for (const auto& mapping : config.value("mappings", Json::array())) {
    if (auto found = mapped(mapping, key_of(value), value)) {
      result = std::move(*found);
      break;
    }
  }
  if (result.text.empty() && std::holds_alternative<std::string>(value)) result.text = std::get<std::string>(value);
  if (result.text.empty() && gateway::is_null(value)) result.text = config.value("noValue", "");
  if (!result.colour.empty()) return result;
  const auto colour = config.value("color", Json::object());
  const auto mode = colour.value("mode", "thresholds");
  if (mode == "fixed") result.colour = colour.value("fixedColor", "");
  if (mode == "thresholds") result.colour = threshold_colour(config.value("thresholds", Json::object()), gateway::number(value));
  return result;
}

bool is_green(const std::string& colour) {
  return colour.find("green") != std::string::npos || colour == "#73BF69" || colour == "#56A64B" || colour == "#37872D" ||
         colour == "#299C46";
}

bool is_neutral(const std::string& colour) {
  static const std::set<std::string> neutral{"text",      "transparent", "gray",    "grey",         "#808080",
                                             "dark-gray", "light-gray",  "#8e8e8e", "rgba(0,0,0,0)"};
  return neutral.contains(colour);
}

}  // namespace grafana
