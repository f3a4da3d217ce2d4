#include "declared/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "declared/expression.hpp"
#include "declared/reading_since.hpp"

namespace gateway {
namespace {

std::int64_t bytes_of(const std::vector<Row>& rows) {
  std::int64_t bytes = 0;
  for (const auto& row : rows) {
    for (const auto& value : row)
      bytes += 9 + static_cast<std::int64_t>(std::holds_alternative<std::string>(value) ? std::get<std::string>(value).size() : 0);
  }
  return bytes;
}

// No two rows with equal values of these columns: one would replace the other, and nobody would know which.
std::optional<Error> doubled(const Declared& d, const std::vector<Row>& rows, const std::vector<std::string>& names, const char* what) {
  if (names.empty()) return std::nullopt;
  std::vector<std::size_t> columns;
  for (const auto& name : names) columns.push_back(static_cast<std::size_t>(d.column(name) - d.columns.data()));
  std::map<Row, std::size_t> seen;
  for (std::size_t n = 0; n < rows.size(); ++n) {
    Row values;
    for (const auto c : columns) values.push_back(rows[n].at(c));
    if (const auto [found, added] = seen.emplace(std::move(values), n); !added)
      return Error{ErrorClass::malformed,
                   fmt::format("rows {} and {} have the same {} ({})", found->second + 1, n + 1, what, fmt::join(names, ", "))};
  }
  if (what == std::string_view("labels") && std::ssize(seen) > d.history->series)
    return Error{ErrorClass::too_large, fmt::format("{} series, at most {} (history.series)", seen.size(), d.history->series)};
  return std::nullopt;
}

std::optional<Error> fault_of(const Declared& d, const std::vector<Row>& rows, const PriorState& prior, std::int64_t most_bytes) {
  if (d.since.empty() && std::ssize(rows) > d.most_rows)
    return Error{ErrorClass::too_large,
                 fmt::format("{} rows or more, at most {}: narrow the query, or raise bounds.rows", d.most_rows + 1, d.most_rows)};
  if (auto error = doubled(d, rows, d.key, "key")) return error;
  if (d.history) {
    if (auto error = doubled(d, rows, d.history->labels, "labels")) return error;
  }
  const auto used = integer(prior.tables.at(0).at(0, "bytes")).value_or(0), held = integer(prior.tables.at(0).at(0, "held")).value_or(0);
  const auto bytes = bytes_of(rows);
  constexpr double mib = 1024 * 1024;
  if ((std::ssize(rows) > held || !d.since.empty()) && used + bytes > most_bytes)
    return Error{ErrorClass::too_large, fmt::format("the cache would be {:.1f} MiB, at most {:.1f} (CACHE_MAX_SIZE)",
                                                    static_cast<double>(used + bytes) / mib, static_cast<double>(most_bytes) / mib)};
  return std::nullopt;
}

Write poll_row(const Declared& d, std::int64_t at, bool ok) {
  return {.table = "poll_" + d.name,
          .mode = Mode::upsert,
          .columns = {"tier", "time", "ok"},
          .rows = {{std::int64_t{0}, at, flag(ok)}},
          .scope = {}};
}

Batch batch_of(const Declared& d, std::vector<Row> rows, std::int64_t now, Mode mode) {
  Batch batch{.writes = {}, .rows = std::ssize(rows)};
  Write write{.table = d.data(), .mode = mode, .columns = {}, .rows = std::move(rows), .scope = {}};
  for (const auto& column : d.columns) write.columns.push_back(column.name);
  if (d.key.empty()) {
    write.columns.emplace_back("_row");
    for (auto& row : write.rows) row.emplace_back(std::int64_t{1});
  }
  batch.writes.push_back(std::move(write));
  if (d.history) batch.writes.push_back(poll_row(d, now, true));
  return batch;
}

Result<Batch> batch_since(const Declared& d, const PriorState& prior, Table answer, std::int64_t most_bytes) {
  const ReadingSince reading(d, prior);
  const auto reached = reading.take(std::move(answer));
  auto rows = rows_of(d, reached.read.rows);
  if (!rows) return std::unexpected(rows.error());
  if (auto error = fault_of(d, *rows, prior, most_bytes)) return std::unexpected(std::move(*error));
  auto batch = batch_of(d, std::move(*rows), prior.now, reading.first() ? Mode::replace : Mode::upsert);
  reading.go_on(batch, reached);
  return batch;
}

}  // namespace

Source source_of(std::shared_ptr<const Declared> dataset, const SourceLimits& limits) {
  const auto& d = *dataset;
  std::vector<std::string> tables{d.data()};
  if (d.history) tables.push_back("poll_" + d.name);
  if (!d.since.empty()) tables.emplace_back("cursor");
  Source source{
      .name = d.source(),
      .upstream = d.upstream,
      .tables = std::move(tables),
      .row_count_sql = "SELECT count(*) FROM " + d.data(),
      .prior_state_sql = {fmt::format("SELECT (page_count - freelist_count) * page_size AS bytes, (SELECT count(*) FROM {}) AS held "
                                      "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
                                      d.data())},
      .on = limits.on,
      .reads = {},
      .interval = d.interval,
      .stale_after = d.stale_after,
      .in_own_lane = limits.in_own_lane,
      .ask = [dataset](const PriorState& prior) -> Result<std::vector<Request>> {
        if (!dataset->get.empty())
          return std::vector<Request>{HttpRequest{.target = dataset->get, .body_cap = static_cast<std::size_t>(dataset->most_bytes)}};
        auto statement =
            dataset->since.empty() ? statement_of(*dataset, *prior.catalogue) : ReadingSince(*dataset, prior).statement(*prior.catalogue);
        if (!statement) return std::unexpected(statement.error());
        return std::vector<Request>{std::move(*statement)};
      },
      .parse = [dataset, most = limits.most_bytes](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
        if (!dataset->since.empty()) return batch_since(*dataset, prior, std::get<Table>(answers[0]), most);
        auto rows =
            dataset->get.empty() ? rows_of(*dataset, std::get<Table>(answers[0])) : rows_of(*dataset, std::get<HttpAnswer>(answers[0]));
        if (!rows) return std::unexpected(rows.error());
        if (auto error = fault_of(*dataset, *rows, prior, most)) return std::unexpected(std::move(*error));
        return batch_of(*dataset, std::move(*rows), prior.now, dataset->keeps_answer() ? Mode::replace : Mode::upsert);
      },
      .failed = {}};
  if (!d.since.empty()) source.prior_state_sql.push_back(ReadingSince::state_sql(d.source()));
  // The probe knows a table by its name alone, where the search path leads.
  std::ranges::copy_if(d.reads, std::back_inserter(source.reads), [](const auto& name) { return name.find('.') == std::string::npos; });
  // A poll that failed is a hole in the charts.
  if (d.history)
    source.failed = [dataset](const PriorState& prior, const Error&) { return Batch{.writes = {poll_row(*dataset, prior.now, false)}}; };
  return source;
}

}  // namespace gateway
