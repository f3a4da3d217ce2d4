// The parts of a dataset that are lists of their own: columns, history, events, verdicts.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "declared/dataset_reader.hpp"
#include "declared/expression.hpp"
#include "declared/pointer.hpp"

namespace gateway {
namespace {

using Type = DeclaredColumn::Type;
using Format = DeclaredColumn::Format;

const std::vector<std::pair<std::string, Type>> types{{"text", Type::text},    {"integer", Type::integer}, {"number", Type::number},
                                                      {"bool", Type::boolean}, {"time", Type::time},       {"json", Type::json}};
const std::vector<std::pair<std::string, Format>> formats{{"decimal", Format::decimal},           {"seconds", Format::seconds},
                                                          {"milliseconds", Format::milliseconds}, {"microseconds", Format::microseconds},
                                                          {"nanoseconds", Format::nanoseconds},   {"rfc3339", Format::rfc3339}};

template <typename T>
std::vector<std::string> words(const std::vector<std::pair<std::string, T>>& all) {
  std::vector<std::string> names;
  for (const auto& [name, _] : all) names.push_back(name);
  return names;
}

template <typename T>
std::optional<T> meaning(const std::vector<std::pair<std::string, T>>& all, const std::string& word) {
  const auto found = std::ranges::find(all, word, [](const auto& each) { return each.first; });
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

bool is_reserved_column(const std::string& name) {
  static const std::set<std::string> reserved{"source", "fetched_at", "age_s", "freshness", "upstream", "rowid", "oid"};
  return reserved.contains(name) || name.starts_with("last_known_");
}

}  // namespace

void DatasetReader::read_column(const Node& name, const Node& value) {
  DeclaredColumn column{.name = name.text, .from = {}, .null_if = {}, .note = {}};
  const auto path = "columns." + shortened(one_line(name.text), 60);
  const auto fault = [&](const std::string& text) { faults_.add(name, path, text); };
  if (!is_plain_name(name.text, 60)) fault("letters a-z, digits and _ only, a letter first, at most 60");
  if (is_reserved_column(name.text)) fault("is reserved: choose another name, and set `from`");
  Node map;
  if (value.kind == Node::Kind::text) {  // NAME: TYPE is short for NAME: {type: TYPE}
    map = {.kind = Node::Kind::map, .text = {}, .plain = true, .place = value.place, .members = {}};
    map.members.emplace_back(Node{.kind = Node::Kind::text, .text = "type", .plain = true, .place = value.place, .members = {}}, value);
  } else {
    map = value;
  }
  const Keys keys(map, path + ".", {"type", "from", "format", "optional", "required", "cut", "decimals", "null_if", "note"}, faults_);
  column.type = meaning(types, keys.one_of("type", words(types))).value_or(Type::text);
  if (map.kind == Node::Kind::map && keys.find("type") == nullptr)
    fault("needs a type: " + fmt::format("{}", fmt::join(words(types), ", ")));
  column.from = keys.text("from");
  if (column.from.empty()) column.from = d_.get.empty() ? column.name : "/" + column.name;
  else if (!d_.sql.empty()) keys.fault("from", "only allowed with table or get; in a statement write AS");
  if (!d_.get.empty() && !is_pointer(column.from, false)) keys.fault("from", "expected a pointer, such as /properties/mag");
  column.format = meaning(formats, keys.one_of("format", words(formats))).value_or(Format::none);
  const bool decimal = column.format == Format::decimal, is_number = column.type == Type::number || column.type == Type::integer;
  if (column.format != Format::none && decimal != is_number)
    keys.fault("format", decimal ? "decimal is for number and integer" : "is for time");
  if (column.type == Type::time && !d_.get.empty() && column.format == Format::none)
    fault("a time from JSON needs a format: seconds, milliseconds, microseconds, nanoseconds, rfc3339");
  column.optional = keys.flag("optional");
  column.required = keys.flag("required");
  if (column.optional && column.required) fault("optional and required exclude each other");
  if (column.optional && !d_.sql.empty()) keys.fault("optional", "needs table or get; in a statement write NULL AS " + column.name);
  column.cut = keys.count("cut", 1, 16'000);
  if (column.cut && column.type != Type::text) keys.fault("cut", "is for text");
  column.decimals = keys.count("decimals", 0, 9);
  if (column.decimals && column.type != Type::number && column.type != Type::time) keys.fault("decimals", "is for number and time");
  column.null_if = keys.list("null_if");
  column.note = keys.text("note");
  d_.columns.push_back(std::move(column));
}

void DatasetReader::read_since() {
  const auto* given = keys_.find("read");
  if (given == nullptr) return;
  if (given->kind == Node::Kind::text) {
    if (given->text != "all") keys_.fault("read", "use all, or {since: [TIME, ID]}");
    return;
  }
  const Keys keys(*given, "read.", {"since"}, faults_);
  d_.since = keys.list("since");
  if (d_.since.size() != 2) keys_.fault("read", "needs since: [TIME, ID], the columns in whose order the table grows");
  else check_since(keys);
}

// Rows that are equal in both are not told apart, and a step that ends between them would lose the rest.
void DatasetReader::check_since(const Keys& keys) {
  if (d_.table.empty()) keys.fault("since", "needs table");
  for (const auto& name : d_.since) {
    require_column(keys, "since", name);
    if (const auto* column = d_.column(name); column != nullptr && column->optional) keys.fault("since", name + " is optional");
  }
  const auto* time = d_.column(d_.since[0]);
  if (time != nullptr && (time->type != Type::time || time->format != Format::none))
    keys.fault("since", time->name + " is not a time, or is a number in the table");
  if (!std::ranges::all_of(d_.key, [&](const auto& name) { return std::ranges::find(d_.since, name) != d_.since.end(); }))
    keys.fault("since", "the key has other columns: no two rows may be equal in both TIME and ID");
  if (d_.keep_by != d_.since[0])
    keys.fault("since", fmt::format("needs keep: {{for: 7d, by: {0}}} or {{newest: 1000, by: {0}}}", d_.since[0]));
}

void DatasetReader::read_history() {
  const auto* given = keys_.find("history");
  if (given == nullptr) return;
  const Keys keys(*given, "history.", {"columns", "labels", "series"}, faults_);
  DeclaredHistory history{.columns = {}, .labels = keys.list("labels")};
  keys.members("columns", [&](const Node& name, const Node& how) {
    static const std::vector<std::string> ways{"last", "max", "min", "mean"};
    const auto* column = d_.column(name.text);
    if (column == nullptr) require_column(keys, "columns", name.text);
    else if (column->type != Type::number && column->type != Type::integer && column->type != Type::boolean)
      faults_.add(name, "history.columns", fmt::format("{} is not a number", column->name));
    if (std::ranges::find(ways, how.text) == ways.end()) faults_.add(how, "history.columns", "use last, max, min or mean");
    history.columns.emplace_back(name.text, how.text);
  });
  if (history.columns.empty()) keys_.fault("history", "needs columns: {COLUMN: last}");
  for (const auto& label : history.labels) {
    require_column(keys, "labels", label);
    if (label == "time") keys.fault("labels", "a trend has a column time already");
    for (const auto& [column, _] : history.columns) {
      if (column == label) keys.fault("labels", label + " is a column of the history itself");
    }
  }
  if (history.labels.empty()) history.labels = d_.key;
  history.series = keys.count("series", 1, 20'000).value_or(history.series);
  d_.history = std::move(history);
}

void DatasetReader::read_events() {
  const auto* list = keys_.find("events");
  if (list == nullptr) return;
  if (list->kind != Node::Kind::list) {
    keys_.fault("events", "expected a list: begin each event with '- '");
    return;
  }
  if (list->members.size() > 10) keys_.fault("events", "at most 10");
  for (const auto& [_, event] : list->members) read_event(event);
}

void DatasetReader::read_event(const Node& node) {
  const Keys keys(node, "events.", {"name", "on", "when", "time", "text"}, faults_);
  DeclaredEvent event{.name = keys.name("name"),
                      .on = keys.text("on"),
                      .column = {},
                      .when = keys.sql("when"),
                      .time = keys.text("time"),
                      .text = keys.text("text")};
  if (event.name.empty()) faults_.add(node, "events", "each needs a name");
  if (event.on.starts_with("changed ")) {
    event.column = std::string(trimmed(std::string_view(event.on).substr(8)));
    event.on = "changed";
    require_column(keys, "on", event.column);
  } else if (event.on != "new" && event.on != "gone") {
    faults_.add(node, "events.on", "use new, gone, or changed COLUMN");
  }
  check_event(keys, node, event);
  d_.events.push_back(std::move(event));
}

void DatasetReader::check_event(const Keys& keys, const Node& node, const DeclaredEvent& event) {
  if (event.text.empty()) faults_.add(node, "events", "each needs a text, such as \"{asset} opened\"");
  for (const auto& name : placeholders(event.text)) require_column(keys, "text", name);
  if (!event.time.empty()) {
    require_column(keys, "time", event.time);
    if (const auto* time = d_.column(event.time); time != nullptr && time->type != Type::time) keys.fault("time", "is not a time");
  }
  if (d_.key.empty()) faults_.add(node, "events", "need a key");
  if (event.on == "gone" && !d_.keeps_answer()) keys.fault("on", "gone needs keep: answer; other rows leave by age");
  if (event.when.empty()) return;
  const auto kind = event.on == "new" ? ExpressionKind::added : event.on == "gone" ? ExpressionKind::gone : ExpressionKind::change;
  if (const auto fault = fault_of_expression(d_, kind, event.when)) keys.fault("when", *fault);
}

void DatasetReader::read_verdict(const Node& name, const Node& value) {
  const auto path = "verdicts." + shortened(one_line(name.text), 60);
  if (!is_plain_name(name.text, 40) || is_reserved_column(name.text))
    faults_.add(name, path, "letters a-z, digits and _ only, and not a reserved name");
  if (d_.column(name.text) != nullptr) faults_.add(name, path, "is a column already");
  if (value.kind != Node::Kind::text || trimmed(value.text).empty())
    faults_.add(name, path, "expected an expression over the row's columns");
  else if (value.comment_follows) faults_.add(value, path, "' #' begins a comment and cuts it off: quote it");
  else if (const auto fault = fault_of_expression(d_, ExpressionKind::row, value.text)) faults_.add(value, path, *fault);
  d_.verdicts.emplace_back(name.text, std::string(trimmed(value.text)));
}

}  // namespace gateway
