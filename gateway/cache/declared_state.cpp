#include "cache/declared_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cache/dataset_views.hpp"
#include "declared/schema.hpp"

namespace gateway {
namespace {

std::string labels_of(const Declared& d) { return d.history ? fmt::format("{}", fmt::join(d.history->labels, ",")) : std::string(); }

void begin_anew_where_changed(Database& database, const Declared& d) {
  const auto before = database.query_once("SELECT fingerprint, labels FROM declared_dataset WHERE dataset = ?", {d.name});
  if (before.empty()) return;
  if (text_of(before.rows[0][0]) != d.fingerprint()) {
    database.run("DELETE FROM cursor WHERE source = ?", {d.source()});
    database.run("UPDATE source SET last_success_at = NULL WHERE source = ?", {d.source()});
  }
  if (!d.history || text_of(before.rows[0][1]) == labels_of(d)) return;
  for (const auto* table : {"poll_", "run_", "series_"}) database.execute(fmt::format("DELETE FROM {}{}", table, d.name));
}

void describe(Database& database, const Declared& d, std::int64_t position) {
  database.run(
      "INSERT INTO declared_dataset VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?)",
      {d.name, position, d.source(), d.upstream, d.file, d.about, d.most_rows, flag(d.history.has_value()), d.fingerprint(), labels_of(d)});
  std::int64_t column_position = 0;
  for (const auto& column : d.columns) {
    const bool in_trend = d.history && std::ranges::any_of(d.history->columns, [&](const auto& each) { return each.first == column.name; });
    database.run("INSERT INTO declared_column VALUES (?, ?, ?, ?, nullif(?, ''), ?)",
                 {d.name, ++column_position, column.name, std::string(name_of(column.type)), column.note, flag(in_trend)});
  }
}

// A row of its own among the sources, so that people see it; its datasets have theirs.
void note_faulty_source(Database& database, const FaultyFile& faulty, const std::string& source, const std::string& upstream,
                        std::int64_t position) {
  const auto& first = faulty.faults.front();
  const auto more = faulty.faults.size() - 1;
  database.run(
      "INSERT INTO source (source, upstream, position, state, error_class, error) VALUES (?, ?, 1000 + ?, 'on', 'config', ?) "
      "ON CONFLICT (source) DO UPDATE SET position = excluded.position, state = 'on', error_class = excluded.error_class, error = "
      "excluded.error",
      {source, upstream, position, first.shown() + (more == 0 ? "" : fmt::format(" (and {} more: cache-gateway check)", more))});
}

// Its row, and its column's, are those of the last good file, if there was one.
void note_faulty(Database& database, const FaultyFile& faulty, const DeclaredDatasets& declared, std::int64_t position) {
  if (faulty.is_upstream) {
    const auto name = faulty.upstream.empty() ? std::filesystem::path(faulty.file).stem().string() : faulty.upstream;
    note_faulty_source(database, faulty, name + ".upstream", name, position);
    return;
  }
  auto dataset = faulty.dataset.empty() ? std::filesystem::path(faulty.file).stem().string() : faulty.dataset;
  if (std::ranges::any_of(declared.datasets, [&](const auto& good) { return good->name == dataset; })) dataset = faulty.file;
  auto upstream = faulty.upstream.empty() ? std::string("datasets") : faulty.upstream;
  auto source = upstream + "." + dataset;
  const auto before = database.query_once(
      "SELECT dataset, upstream, source FROM declared_dataset WHERE dataset = ? OR file = ? ORDER BY dataset <> ?1 LIMIT 1",
      {dataset, faulty.file});
  if (before.empty()) {
    database.run("INSERT INTO declared_dataset VALUES (?, ?, ?, ?, ?, NULL, NULL, 0, '', '')",
                 {dataset, position, source, upstream, faulty.file});
  } else {
    dataset = text_of(before.rows[0][0]);
    upstream = text_of(before.rows[0][1]);
    source = text_of(before.rows[0][2]);
    database.run("UPDATE declared_dataset SET position = ? WHERE dataset = ?", {position, dataset});
  }
  note_faulty_source(database, faulty, source, upstream, position);
}

}  // namespace

void create_declared(Database& database, const DeclaredDatasets& declared) {
  for (const auto& dataset : declared.datasets) database.execute(schema_of(*dataset));
}

void note_declared(Database& database, const DeclaredDatasets& declared) {
  for (const auto& dataset : declared.datasets) begin_anew_where_changed(database, *dataset);
  // Positions from 1 on are of this run.
  database.execute("UPDATE declared_dataset SET position = 0");
  std::int64_t position = 0;
  for (const auto& dataset : declared.datasets) {
    database.run("DELETE FROM declared_dataset WHERE dataset = ?", {dataset->name});
    database.run("DELETE FROM declared_column WHERE dataset = ?", {dataset->name});
    describe(database, *dataset, ++position);
  }
  for (const auto& faulty : declared.faulty) note_faulty(database, faulty, declared, ++position);
  database.execute(
      "DELETE FROM declared_dataset WHERE position = 0;"
      "DELETE FROM declared_column WHERE dataset NOT IN (SELECT dataset FROM declared_dataset)");
  create_dataset_views(database);
}

}  // namespace gateway
