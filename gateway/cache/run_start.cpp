// What a run of the gateway begins with: its own absence, its settings as far as views and triggers need them, its sources.
#include <algorithm>

#include "cache/declared_state.hpp"
#include "cache/store.hpp"

namespace gateway {
namespace {

std::int64_t whole_seconds(Milliseconds ms) { return std::chrono::ceil<std::chrono::seconds>(ms).count(); }
double seconds(Milliseconds ms) { return static_cast<double>(ms.count()) / 1000; }

}  // namespace

void Store::begin(const RunStart& run) {
  SQLite::Transaction transaction(database_.handle());
  retention_ = run.retention;
  note_absence(run);
  note_run(run);
  database_.execute("DELETE FROM copy_state");  // whatever was loaded, this gateway publishes it from now on
  declare_sources(run.sources);
  // An upstream that is no longer asked is neither up nor down.
  database_.execute(
      "UPDATE outage_log SET ended_at = unixepoch() "
      "WHERE ended_at IS NULL AND upstream NOT IN (SELECT upstream FROM source WHERE state <> 'off')");
  transaction.commit();
}

// A pause that is longer than the shortest STALE_AFTER: what stood in the file was not all fresh any more.
void Store::note_absence(const RunStart& run) {
  const auto before = query("SELECT published_at FROM gateway_state WHERE published_at IS NOT NULL");
  if (before.empty() || run.sources.empty()) return;
  const auto shortest = std::ranges::min(run.sources, {}, [](const auto& setup) { return setup.pace.stale_after; }).pace.stale_after;
  const auto last = std::get<std::int64_t>(before.rows[0][0]);
  if (std::chrono::seconds(run.now - last) <= shortest && !run.from_saved_copy) return;
  database_.run(
      "INSERT INTO outage_log (upstream, started_at, ended_at, error) VALUES ('gateway', ?, ?, ?)",
      {last, run.now,
       run.from_saved_copy ? "the cache file was lost, as in a power cut; what was recorded after the copy saved at that time is missing"
                           : "the gateway did not run"});
  interrupt_charts(last, run.now);
}

// Nobody asked meanwhile: charts must show a gap, not a line across it.
void Store::interrupt_charts(std::int64_t from, std::int64_t to) {
  if (to - from <= 2) return;
  std::vector<std::string> grids{"queue_poll"};
  for (const auto& dataset : declared_.datasets) {
    if (dataset->history) grids.push_back("poll_" + dataset->name);
  }
  for (const auto& grid : grids)
    database_.run("INSERT INTO " + grid + " (tier, time, ok) VALUES (0, ?1 + 1, 0), (0, ?2 - 1, 0) ON CONFLICT DO NOTHING", {from, to});
}

void Store::note_gap(std::int64_t from, std::int64_t to, double set_by_s, const std::string& text) {
  SQLite::Transaction transaction(database_.handle());
  database_.run("INSERT INTO outage_log (upstream, started_at, ended_at, error) VALUES ('gateway', min(?1, ?2), max(?1, ?2), ?3)",
                {from, to, text});
  interrupt_charts(from, to);
  // What was observed before a machine without a clock of its own was told the time.
  constexpr std::int64_t year_2000 = 946'684'800;
  if (from < year_2000 && to > year_2000) {
    database_.run("UPDATE service SET status_since = status_since + ?1 WHERE status_since < ?2",
                  {static_cast<std::int64_t>(set_by_s), year_2000});
  }
  transaction.commit();
}

void Store::note_run(const RunStart& run) {
  database_.run(
      "INSERT INTO gateway_state (id, version, started_at, publish_within_s, backoff_cap_s, history_quarters_s, event_retention_s, "
      "event_max) VALUES (1, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET version = excluded.version, started_at = excluded.started_at, published_bytes = 0, saved_bytes = 0, "
      "publish_count = 0, publish_within_s = excluded.publish_within_s, backoff_cap_s = excluded.backoff_cap_s, "
      "history_quarters_s = excluded.history_quarters_s, event_retention_s = excluded.event_retention_s, event_max = excluded.event_max",
      {run.version, run.now, seconds(run.publish_within), seconds(run.backoff_cap), whole_seconds(run.retention.history_quarters),
       whole_seconds(run.retention.event_retention), run.retention.event_max});
  database_.execute("DELETE FROM configured_strategy");
  for (const auto& strategy : run.strategies) database_.run("INSERT OR IGNORE INTO configured_strategy VALUES (?)", {strategy});
}

void Store::declare_sources(std::span<const SourceSetup> sources) {
  // What is found without a position afterwards is gone.
  database_.execute("UPDATE source SET position = 0");
  std::int64_t position = 0;
  for (const auto& [source, pace] : sources) {
    database_.run(
        "INSERT INTO source (source, upstream, position, state, interval_s, stale_after_s) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source) DO UPDATE SET upstream = excluded.upstream, position = excluded.position, interval_s = excluded.interval_s, "
        "stale_after_s = excluded.stale_after_s, "
        "state = CASE WHEN excluded.state = 'on' AND state = 'missing' THEN state ELSE excluded.state END",
        {source->name, source->upstream, ++position, source->on ? "on" : "off", seconds(pace.interval), seconds(pace.stale_after)});
  }
  note_declared(database_, declared_);
  database_.execute("DELETE FROM source WHERE position = 0");
}

}  // namespace gateway
