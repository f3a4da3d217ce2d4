#include "commands/datasets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "base/text.hpp"
#include "cache/store.hpp"
#include "commands/table.hpp"
#include "declared/expression.hpp"
#include "declared/source.hpp"
#include "run/declared_datasets.hpp"
#include "run/upstreams.hpp"

namespace gateway {
namespace {

constexpr int bad_file = 2, failed = 3;

// What its file is called, or what its name is.
bool is_meant(const FaultyFile& faulty, const std::string& name) {
  return faulty.dataset == name || faulty.file == name || faulty.file == name + ".yaml";
}

int report_faults(const FaultyFile& faulty, std::ostream& err) {
  for (const auto& fault : faulty.faults) err << one_line(fault.shown()) << '\n';
  return bad_file;
}

std::string cell(const DeclaredColumn& column, const Value& value) {
  if (is_null(value)) return "NULL";
  const auto seconds = number(value);
  if (column.type == DeclaredColumn::Type::time && seconds) return readable_time(*seconds);
  return shortened(one_line(text_of(value)), 60);
}

void print_rows(const Declared& d, const std::vector<Row>& rows, std::size_t limit, bool colour, std::ostream& out) {
  TextTable table;
  for (const auto& column : d.columns) {
    table.header.push_back(fmt::format("{} ({})", column.name, name_of(column.type)));
    table.right.push_back(column.type == DeclaredColumn::Type::number || column.type == DeclaredColumn::Type::integer);
  }
  for (std::size_t n = 0; n < std::min(limit, rows.size()); ++n) {
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < d.columns.size(); ++c) cells.push_back(cell(d.columns[c], rows[n].at(c)));
    table.rows.push_back(std::move(cells));
  }
  print_table(table, colour, out);
  if (rows.size() > limit) out << fmt::format("... and {} more rows (--limit)\n", rows.size() - limit);
}

// `tables`: those that the datasets of files read beside.
void print_grants_in(const std::string& upstream, const PostgresSettings& at, std::set<std::string> tables,
                     const DeclaredDatasets& declared, std::ostream& out) {
  for (const auto& d : declared.datasets) {
    if (d->upstream == upstream) tables.insert(d->reads.begin(), d->reads.end());
  }
  std::set<std::string> schemas;
  for (const auto& table : tables) {
    if (const auto dot = table.find('.'); dot != std::string::npos) schemas.insert(table.substr(0, dot));
  }
  const auto role = quoted_name(at.user);
  out << fmt::format("GRANT CONNECT ON DATABASE {} TO {};\n", quoted_name(at.database), role);
  for (const auto& schema : schemas) out << fmt::format("GRANT USAGE ON SCHEMA {} TO {};\n", quoted_name(schema), role);
  for (const auto& table : tables) out << fmt::format("GRANT SELECT ON {} TO {};\n", quoted_table(table), role);
}

}  // namespace

int print_only(const Settings& given, const std::string& name, std::size_t limit, bool colour, std::ostream& out, std::ostream& err) {
  const auto declared = read_datasets(given);
  const auto settings = with_upstreams_of(declared, given);
  for (const auto& faulty : declared.faulty) {
    if (is_meant(faulty, name)) return report_faults(faulty, err);
  }
  const auto found = std::ranges::find_if(declared.datasets, [&](const auto& d) { return d->name == name || d->source() == name; });
  if (found == declared.datasets.end()) {
    err << fmt::format("{}: there is no such dataset in {}\n", one_line(name), settings.datasets_directory.string());
    return bad_file;
  }
  const auto& d = **found;
  const std::vector<Source> sources{source_of(*found, {.most_bytes = settings.cache_max_size})};
  const auto setup = setups(sources, settings);
  Store empty(declared);
  empty.begin(
      {.sources = setup, .retention = settings.retention, .strategies = {}, .backoff_cap = {}, .version = "once", .now = unix_now()});
  const auto specs = upstreams(setup, settings);
  std::vector<Job> jobs{{.source = sources.data(), .prior = empty.prior_state(sources[0], unix_now())}};
  const auto outcome = specs.at(0).client->attempt(jobs, Deadline(specs.at(0).pace.timeout)).at(0);
  if (!outcome.result) {
    err << fmt::format("{}: {}: {}\n", d.source(), to_string(outcome.result.error().kind), one_line(outcome.result.error().text));
    return failed;
  }
  print_rows(d, outcome.result->writes.at(0).rows, limit, colour, out);
  out << fmt::format("{}: rows {}, in {:.0f} ms\n", d.source(), outcome.result->rows, outcome.timing.duration_ms);
  if (!outcome.note.empty()) out << "note: " << one_line(outcome.note) << '\n';
  return 0;
}

int print_grants(const Settings& given, std::ostream& out, std::ostream& err) {
  const auto declared = read_datasets(given);
  for (const auto& faulty : declared.faulty) err << fmt::format("{} is left out: {}\n", faulty.file, one_line(faulty.faults.front().text));
  const auto settings = with_upstreams_of(declared, given);
  std::set<std::string> tables;
  for (const auto& source : sources_of(settings, {})) {
    if (source.upstream == "postgres") tables.insert(source.reads.begin(), source.reads.end());
  }
  print_grants_in("postgres", settings.postgres, std::move(tables), declared, out);
  for (const auto& [name, at] : settings.databases) {
    out << fmt::format("-- upstream {}, in its database {} at {}:{}\n", name, one_line(at.database), one_line(at.host), at.port);
    print_grants_in(name, at, {}, declared, out);
  }
  return 0;
}

}  // namespace gateway
