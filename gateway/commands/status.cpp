#include "commands/status.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/deadline.hpp"
#include "base/text.hpp"
#include "cache/cache_file.hpp"
#include "cache/store.hpp"
#include "commands/table.hpp"

namespace gateway {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Value& value, const std::function<std::string(double)>& format) {
  const auto found = number(value);
  return found ? format(*found) : "-";
}

std::string word(const Value& value, std::size_t bytes = 100) { return shortened(one_line(text(value).value_or("-")), bytes); }

std::string time_of(const Value& value) { return shown(value, readable_time); }
std::string age_of(const Value& value) { return shown(value, readable_seconds); }

std::string readable_bytes(double bytes) {
  return bytes < 1e9 ? fmt::format("{:.0f} MB", bytes / 1e6) : fmt::format("{:.1f} GB", bytes / 1e9);
}

Json json_rows(const Table& table) {
  auto rows = Json::array();
  for (const auto& row : table.rows) {
    Json object;
    for (std::size_t c = 0; c < row.size(); ++c) {
      auto& cell = object[table.columns[c]];
      std::visit(
          [&](const auto& value) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) cell = value;
          },
          row[c]);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

// Of the file itself: who may read it.
Json file_of(const std::filesystem::path& cache) {
  struct stat status{};
  if (::stat(cache.c_str(), &status) != 0) return {};
  return {{"mode", fmt::format("{:04o}", status.st_mode & 07777U)}, {"uid", status.st_uid}, {"gid", status.st_gid}};
}

struct Report {
  Json file;
  Table gateway, system, services, sources, outages, lagging;
};

Report read_report(const std::filesystem::path& cache) {
  auto database = open_published(cache);
  return {file_of(cache),
          read_table(database,
                     "SELECT version, started_at, published_at, age_s, freshness, publish_count, file_bytes, bytes_per_day, "
                     "saved_at, saved_bytes_per_day, unsaved_s, maintenance, maintenance_until, copy_of, copied_at, copy_error, "
                     "copy_failing_since FROM gateway"),
          read_table(database, "SELECT status, healthy, degraded, unhealthy, unknown, reason FROM system_health"),
          read_table(database, "SELECT service, effective_status, last_known_status, status_since, error FROM service_health"),
          read_table(database,
                     "SELECT source, freshness, last_success_at, age_s, rows, consecutive_failures, error_class, error FROM source_status"),
          read_table(database, "SELECT upstream, started_at, error_class, error FROM outage WHERE ended_at IS NULL"),
          read_table(database,
                     "SELECT vhost, name, messages, lag_severity, lagging_since, lag_reason, freshness FROM queue_now "
                     "WHERE last_known_lag = 'lagging' ORDER BY lag_severity DESC LIMIT 20")};
}

void print_text(const Report& report, bool colour, std::ostream& out) {
  if (!report.gateway.empty()) {
    const auto& g = report.gateway;
    out << fmt::format("published {} UTC, {} ago ({}); file {} kB, mode {}\n", time_of(g.at(0, "published_at")), age_of(g.at(0, "age_s")),
                       coloured(word(g.at(0, "freshness")), colour), integer(g.at(0, "file_bytes")).value_or(0) / 1024,
                       report.file.value("mode", "?"));
    out << fmt::format("saved     {} UTC, {} per day; a power cut now would lose {}\n", time_of(g.at(0, "saved_at")),
                       shown(g.at(0, "saved_bytes_per_day"), readable_bytes),
                       is_null(g.at(0, "saved_at")) ? "everything" : age_of(g.at(0, "unsaved_s")));
    if (!is_null(g.at(0, "copy_of")))
      out << fmt::format("copy of   {}, which came {} UTC{}\n", word(g.at(0, "copy_of"), 600), time_of(g.at(0, "copied_at")),
                         is_null(g.at(0, "copy_error"))
                             ? ""
                             : fmt::format("; nothing newer comes since {} UTC: {}", time_of(g.at(0, "copy_failing_since")),
                                           word(g.at(0, "copy_error"), 600)));
    if (!is_null(g.at(0, "maintenance"))) {
      const auto until = is_null(g.at(0, "maintenance_until")) ? "" : fmt::format(" until {} UTC", time_of(g.at(0, "maintenance_until")));
      out << fmt::format("planned   maintenance{}: {}\n", until, word(g.at(0, "maintenance"), 300));
    }
  }
  const auto& s = report.system;
  out << fmt::format("system    {}: {} healthy, {} degraded, {} unhealthy, {} unknown\n          {}\n\n",
                     coloured(word(s.at(0, "status")), colour), integer(s.at(0, "healthy")).value_or(0),
                     integer(s.at(0, "degraded")).value_or(0), integer(s.at(0, "unhealthy")).value_or(0),
                     integer(s.at(0, "unknown")).value_or(0), word(s.at(0, "reason"), 1000));
  TextTable services{.header = {"SERVICE", "STATUS", "LAST KNOWN", "SINCE (UTC)", "ERROR"}, .rows = {}, .right = {}};
  for (const auto& row : report.services.rows)
    services.rows.push_back({word(row[0]), word(row[1]), word(row[2]), time_of(row[3]), word(row[4])});
  print_table(services, colour, out);
  out << '\n';
  TextTable sources{.header = {"SOURCE", "FRESHNESS", "AS OF (UTC)", "AGE", "ROWS", "FAILURES", "ERROR"},
                    .rows = {},
                    .right = {false, false, false, true, true, true}};
  for (const auto& row : report.sources.rows) {
    const auto error = text(row[6]) ? word(row[6]) + ": " + word(row[7]) : "-";
    sources.rows.push_back({word(row[0]), word(row[1]), time_of(row[2]), age_of(row[3]),
                            shown(row[4], [](double n) { return fmt::format("{:.0f}", n); }),
                            shown(row[5], [](double n) { return fmt::format("{:.0f}", n); }), error});
  }
  print_table(sources, colour, out);
  if (!report.outages.empty()) {
    out << "\nOPEN OUTAGES\n";
    TextTable outages{.header = {"UPSTREAM", "SINCE (UTC)", "FOR", "ERROR"}, .rows = {}, .right = {false, false, true}};
    for (const auto& row : report.outages.rows) {
      const auto since = number(row[1]).value_or(0);
      outages.rows.push_back(
          {word(row[0]), time_of(row[1]), readable_seconds(static_cast<double>(unix_now()) - since), word(row[2]) + ": " + word(row[3])});
    }
    print_table(outages, colour, out);
  }
  if (!report.lagging.empty()) {
    out << "\nLAGGING QUEUES" << (text(report.lagging.rows[0][6]) == "fresh" ? "\n" : " (last known)\n");
    TextTable lagging{
        .header = {"VHOST", "QUEUE", "MESSAGES", "SEVERITY", "SINCE (UTC)", "REASON"}, .rows = {}, .right = {false, false, true, true}};
    for (const auto& row : report.lagging.rows) {
      lagging.rows.push_back({word(row[0]), word(row[1], 60), shown(row[2], [](double n) { return fmt::format("{:.0f}", n); }),
                              shown(row[3], [](double n) { return fmt::format("{:.2f}", n); }), time_of(row[4]), word(row[5])});
    }
    print_table(lagging, colour, out);
  }
}

}  // namespace

int print_status(const std::filesystem::path& cache, bool json, bool colour, std::ostream& out, std::ostream& err) {
  Report report;
  try {
    report = read_report(cache);
  } catch (const SQLite::Exception& e) {
    err << fmt::format("{}: no readable cache ({}); start the gateway, or set CACHE_PATH\n", cache.string(), e.what());
    return 4;
  }
  if (json) {
    out << Json{{"file", report.file},
                {"gateway", report.gateway.empty() ? Json() : json_rows(report.gateway)[0]},
                {"system", json_rows(report.system)[0]},
                {"services", json_rows(report.services)},
                {"sources", json_rows(report.sources)},
                {"open_outages", json_rows(report.outages)},
                {"lagging_queues", json_rows(report.lagging)}}
               .dump(2, ' ', true, Json::error_handler_t::replace)
        << '\n';
  } else {
    print_text(report, colour, out);
  }
  for (const auto& row : report.sources.rows) {
    if (const auto freshness = text(row[1]); freshness == "stale" || freshness == "never") return 3;
  }
  return report.sources.empty() ? 3 : 0;
}

int ping(const std::filesystem::path& cache, std::ostream& out, std::ostream& err) {
  try {
    auto database = open_published(cache);
    const auto row = read_table(database, "SELECT freshness, age_s FROM gateway");
    const bool alive = !row.empty() && text(row.rows[0][0]) == "fresh";
    (alive ? out : err) << fmt::format("{}: published {} ago\n", alive ? "alive" : "not alive",
                                       row.empty() ? "never" : age_of(row.rows[0][1]));
    return alive ? 0 : 1;
  } catch (const SQLite::Exception& e) {
    err << fmt::format("not alive: {}: {}\n", cache.string(), e.what());
    return 1;
  }
}

}  // namespace gateway
