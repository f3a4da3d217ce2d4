// A dataset as a file declares it: what is asked, which columns an answer has, what is kept, and what is derived.
// docs/datasets.md explains each key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "declared/yaml.hpp"
#include "settings/env_file.hpp"

namespace gateway {

struct DeclaredColumn {
  enum class Type { text, integer, number, boolean, time, json };
  enum class Format { none, decimal, seconds, milliseconds, microseconds, nanoseconds, rfc3339 };

  std::string name;
  Type type = Type::text;
  std::string from;  // a column of the table, or a pointer into a row's JSON
  Format format = Format::none;
  bool optional = false;  // an upstream may lack it altogether
  bool required = false;  // NULL refuses the answer
  std::optional<std::int64_t> cut, decimals;
  std::vector<std::string> null_if;
  std::string note;
};

struct DeclaredHistory {
  std::vector<std::pair<std::string, std::string>> columns;  // and how values of a minute become one: last, max, min, mean
  std::vector<std::string> labels;
  std::int64_t series = 1000;
};

struct DeclaredEvent {
  std::string name, on, column, when, time, text;  // on: new, gone, changed; then `column` is which
};

struct Declared {
  std::string file;
  std::string name, about, upstream, was;
  std::string sql, table, where, get;  // exactly one of sql, table, get
  std::vector<std::string> reads;
  std::string rows;                // pointer
  std::vector<std::string> since;  // time and id, in whose order a growing table is read on; empty: all of it is read each time
  std::vector<DeclaredColumn> columns;
  std::vector<std::string> key;
  std::string order;
  std::optional<Milliseconds> keep_for;
  std::int64_t keep_newest = 0;
  std::string keep_by;  // empty: the last answer is what is kept
  std::int64_t most_rows = 10'000, most_bytes = std::int64_t{8} << 20, longest_text = 4000;
  std::optional<Milliseconds> interval, stale_after;
  std::optional<DeclaredHistory> history;
  std::vector<DeclaredEvent> events;
  std::vector<std::pair<std::string, std::string>> verdicts;

  std::string source() const { return upstream + "." + name; }
  std::string data() const { return "data_" + name; }
  bool keeps_answer() const { return keep_by.empty(); }
  std::int64_t most_held() const { return keep_newest > 0 ? keep_newest : most_rows; }
  const DeclaredColumn* column(std::string_view its_name) const;  // nullptr: none of this name
  // Changes when another question is asked: what is held is then no answer to it.
  std::string fingerprint() const;
};

const char* name_of(DeclaredColumn::Type type);
const char* sqlite_type(DeclaredColumn::Type type);

// What a file may refer to, and must not take.
struct Surroundings {
  std::map<std::string, bool> upstreams;       // name, and whether it is PostgreSQL
  std::map<std::string, std::string> refused;  // upstreams whose file is faulty, and the first fault
  std::vector<std::string> taken;              // names of tables, views and built-in datasets
  Environment environment;                     // where the secrets of upstreams are
  std::set<std::string> settings;              // the gateway's own: no upstream of a file gets their secrets
};

// One file's text as a dataset. With faults, `name` and `upstream` are there if they could be read.
struct ReadDataset {
  Declared dataset;
  std::vector<Fault> faults;
};
ReadDataset read_dataset(const std::string& file, std::string_view text, const Surroundings& surroundings);

}  // namespace gateway
