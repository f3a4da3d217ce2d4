// From the keys of a file to a dataset, with every fault that can be seen without asking anyone.
#include "declared/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "declared/dataset_reader.hpp"
#include "declared/expression.hpp"
#include "declared/pointer.hpp"

namespace gateway {
namespace {

constexpr std::int64_t most_columns = 100, most_rows = 200'000, most_bytes = std::int64_t{64} << 20;
constexpr auto second = Milliseconds{1000}, day = Milliseconds{86'400'000};

}  // namespace

DatasetReader::DatasetReader(const Node& root, const Surroundings& surroundings, const Faults& faults, Declared& into)
    : keys_(root, "",
            {"dataset", "about", "upstream", "was",  "sql",    "reads",    "table",       "where",   "get",    "rows",    "columns",
             "key",     "order", "read",     "keep", "bounds", "interval", "stale_after", "history", "events", "verdicts"},
            faults),
      surroundings_(surroundings),
      faults_(faults),
      d_(into) {}

void DatasetReader::read() {
  read_names();
  read_question();
  keys_.members("columns", [&](const Node& name, const Node& value) { read_column(name, value); });
  if (keys_.find("columns") == nullptr) keys_.fault("columns", "required: name each column and its type");
  if (std::ssize(d_.columns) > most_columns) keys_.fault("columns", fmt::format("{} columns, at most {}", d_.columns.size(), most_columns));
  read_key();
  read_keep();
  read_since();
  read_bounds();
  d_.interval = keys_.duration("interval", second, day);
  d_.stale_after = keys_.duration("stale_after", second, 7 * day);
  if (d_.interval && d_.stale_after && *d_.stale_after < *d_.interval) keys_.fault("stale_after", "is shorter than interval");
  read_history();
  read_events();
  keys_.members("verdicts", [&](const Node& name, const Node& value) { read_verdict(name, value); });
  d_.order = keys_.sql("order");
  if (d_.order.empty()) return;
  if (const auto fault = fault_of_expression(d_, ExpressionKind::order, d_.order)) keys_.fault("order", *fault);
}

void DatasetReader::read_names() {
  d_.name = keys_.name("dataset");
  if (keys_.find("dataset") == nullptr) keys_.fault("dataset", "required: a file begins with dataset: NAME or upstream: NAME");
  const auto taken = [&](const std::string& name) { return std::ranges::find(surroundings_.taken, name) != surroundings_.taken.end(); };
  if (taken(d_.name) || taken(d_.name + "_trend"))
    keys_.fault("dataset", fmt::format("'{}' is the name of something built in: choose another", d_.name));
  for (const auto* prefix : {"data_", "series_", "run_", "poll_", "sqlite_", "gateway_"}) {
    if (d_.name.starts_with(prefix)) keys_.fault("dataset", fmt::format("names that begin with {} are reserved", prefix));
  }
  if (d_.name.ends_with("_trend")) keys_.fault("dataset", "names that end with _trend are reserved");
  d_.about = keys_.text("about");
  d_.was = keys_.name("was");
  if (!d_.was.empty() && d_.was == d_.name) keys_.fault("was", "is the dataset's own name");
  d_.upstream = keys_.text("upstream");
  if (d_.upstream.empty()) {
    keys_.fault("upstream", "required");
  } else if (const auto refused = surroundings_.refused.find(d_.upstream);
             refused != surroundings_.refused.end() && !surroundings_.upstreams.contains(d_.upstream)) {
    keys_.fault("upstream", fmt::format("{} cannot be used: {}", d_.upstream, refused->second));
  } else if (!surroundings_.upstreams.contains(d_.upstream)) {
    std::vector<std::string> names;
    for (const auto& [name, _] : surroundings_.upstreams) names.push_back(name);
    const auto near = nearest(d_.upstream, names);
    keys_.fault("upstream", near.empty() ? fmt::format("unknown; there are {}", fmt::join(names, ", "))
                                         : fmt::format("unknown upstream: did you mean {}?", near));
  }
}

void DatasetReader::read_question() {
  d_.sql = keys_.sql("sql");
  d_.table = keys_.text("table");
  d_.where = keys_.sql("where");
  d_.get = keys_.text("get");
  d_.reads = keys_.list("reads");
  if (!d_.table.empty()) d_.reads = {d_.table};
  check_question();
  d_.rows = keys_.text("rows");
  if (d_.get.empty() && !d_.rows.empty()) keys_.fault("rows", "only allowed with get");
  if (!is_pointer(d_.rows))
    keys_.fault("rows", "expected a pointer, such as /data/* for each element of `data`; leave it out for the document itself");
}

void DatasetReader::check_question() {
  const auto upstream = surroundings_.upstreams.find(d_.upstream);
  if (static_cast<int>(!d_.sql.empty()) + static_cast<int>(!d_.table.empty()) + static_cast<int>(!d_.get.empty()) != 1) {
    keys_.fault(keys_.find("sql") != nullptr     ? "sql"
                : keys_.find("table") != nullptr ? "table"
                                                 : "dataset",
                "give exactly one of sql, table, get");
  } else if (upstream != surroundings_.upstreams.end() && upstream->second == !d_.get.empty()) {
    keys_.fault(d_.get.empty() ? "upstream" : "get",
                upstream->second ? fmt::format("needs an HTTP upstream, and {} is none: use sql or table", d_.upstream)
                                 : std::string("is queried over HTTP: use get"));
  }
  for (const auto& name : d_.reads) {
    const auto parts = split(name, '.');
    if (parts.size() > 2 || std::ranges::any_of(parts, [](auto part) { return !is_plain_name(part, 63); }))
      keys_.fault(d_.table.empty() ? "reads" : "table", "expected a table's name, or SCHEMA.TABLE, in lower case");
  }
  if (!d_.sql.empty() && keys_.find("reads") == nullptr) keys_.fault("reads", "name the tables that the statement reads, or [] for none");
  if (d_.sql.empty() && keys_.find("reads") != nullptr) keys_.fault("reads", "only allowed with sql");
  if (d_.table.empty() && !d_.where.empty()) keys_.fault("where", "only allowed with table; put it into the statement");
  if (!d_.get.empty() && (d_.get[0] != '/' || d_.get.find_first_of(" #\\") != std::string::npos || d_.get.starts_with("//")))
    keys_.fault("get", "expected a path and query, such as /api/v1/portfolio?kind=all");
}

void DatasetReader::require_column(const Keys& keys, const std::string& key, const std::string& name) {
  if (d_.column(name) != nullptr) return;
  std::vector<std::string> names;
  for (const auto& column : d_.columns) names.push_back(column.name);
  const auto near = nearest(name, names);
  keys.fault(key, fmt::format("no column '{}'{}", shortened(one_line(name), 60), near.empty() ? "" : ": did you mean " + near + "?"));
}

void DatasetReader::read_key() {
  d_.key = keys_.list("key");
  for (const auto& name : d_.key) require_column(keys_, "key", name);
  const bool one_row = !d_.get.empty() && d_.rows.empty();
  if (d_.key.empty() && !one_row) keys_.fault("key", "required: the columns whose values tell one row from another");
}

void DatasetReader::read_keep() {
  const auto* given = keys_.find("keep");
  if (given == nullptr) return;
  if (given->kind == Node::Kind::text) {
    if (given->text != "answer") keys_.fault("keep", "use answer, {for: 7d, by: COLUMN} or {newest: 100, by: COLUMN}");
    return;
  }
  const Keys keys(*given, "keep.", {"for", "newest", "by"}, faults_);
  d_.keep_for = keys.duration("for", second, 400 * day);
  d_.keep_newest = keys.count("newest", 1, most_rows).value_or(0);
  if (d_.keep_for.has_value() == (d_.keep_newest > 0)) keys_.fault("keep", "give one of for, newest");
  d_.keep_by = keys.text("by");
  if (d_.keep_by.empty()) keys_.fault("keep", "needs by: the column that orders the rows");
  else require_column(keys, "by", d_.keep_by);
  if (const auto* by = d_.column(d_.keep_by); by != nullptr && d_.keep_for && by->type != DeclaredColumn::Type::time)
    keys.fault("by", "is not a time");
  if (d_.key.empty()) keys_.fault("keep", "needs a key: without one each answer replaces the last");
}

void DatasetReader::read_bounds() {
  const auto* given = keys_.find("bounds");
  if (given == nullptr) return;
  const Keys keys(*given, "bounds.", {"rows", "bytes", "text"}, faults_);
  d_.most_rows = keys.count("rows", 1, most_rows).value_or(d_.most_rows);
  d_.most_bytes = keys.bytes("bytes", most_bytes).value_or(d_.most_bytes);
  d_.longest_text = keys.count("text", 1, 16'000).value_or(d_.longest_text);
}

const DeclaredColumn* Declared::column(std::string_view its_name) const {
  const auto found = std::ranges::find(columns, its_name, &DeclaredColumn::name);
  return found == columns.end() ? nullptr : &*found;
}

std::string Declared::fingerprint() const {
  std::string all = fmt::format("{}|{}|{}|{}|{}|{}|{}", upstream, sql, table, where, get, rows, fmt::join(key, ","));
  for (const auto& c : columns) {
    all += fmt::format("|{} {} {} {}{}{} {}", c.name, name_of(c.type), c.from, static_cast<int>(c.format), c.required ? "!" : "",
                       c.cut.value_or(0), c.decimals.value_or(-1));
  }
  // Where reading on stands says nothing about another order, nor about older rows that are to be kept now.
  if (!since.empty()) all += fmt::format("|since {} {} {}", fmt::join(since, ","), keep_newest, keep_for.value_or(Milliseconds{0}).count());
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a: the same on every machine, as std::hash need not be
  for (const char c : all) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return fmt::format("{:016x}", hash);
}

const char* name_of(DeclaredColumn::Type type) {
  constexpr std::array names{"text", "integer", "number", "bool", "time", "json"};
  return names.at(static_cast<std::size_t>(type));
}

const char* sqlite_type(DeclaredColumn::Type type) {
  constexpr std::array names{"TEXT", "INTEGER", "REAL", "INTEGER", "REAL", "TEXT"};
  return names.at(static_cast<std::size_t>(type));
}

ReadDataset read_dataset(const std::string& file, std::string_view text, const Surroundings& surroundings) {
  ReadDataset result{.dataset = {.file = file}, .faults = {}};
  auto document = read_yaml(file, text);
  if (!document.faults.empty()) {
    result.faults = std::move(document.faults);
    return result;
  }
  const Faults faults(file, result.faults);
  DatasetReader(document.root, surroundings, faults, result.dataset).read();
  std::ranges::stable_sort(result.faults, {}, [](const Fault& fault) { return std::pair(fault.place.line, fault.place.column); });
  return result;
}

}  // namespace gateway
