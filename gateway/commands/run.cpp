#include "commands/run.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "cache/earlier_modes.hpp"
#include "cache/lock.hpp"
#include "run/declared_datasets.hpp"
#include "run/load_cache.hpp"
#include "run/log.hpp"
#include "run/scheduler.hpp"
#include "run/upload_upstream.hpp"
#include "run/upstreams.hpp"
#include "serve/endpoints.hpp"
#include "serve/run_metrics.hpp"
#include "settings/unprotected.hpp"
#include "version.hpp"

namespace gateway {
namespace {

constexpr int all_well = 0, cannot_publish = 1, some_failed = 3;
constexpr auto last_upload_within = Milliseconds{5000};  // of a stop; Docker kills 10 s after SIGTERM

SchedulerSettings schedule(const Settings& settings, const std::vector<SourceSetup>& sources, bool once) {
  auto shortest = sources.front().pace.stale_after;
  for (const auto& setup : sources) shortest = std::min(shortest, setup.pace.stale_after);
  return {.backoff_cap = settings.backoff_cap,
          .publish_interval = settings.publish_interval,
          .publish_within = std::max(Milliseconds{1}, shortest / 3),
          .save = {.interval = settings.save_interval, .budget_per_day = settings.save_budget},
          .once = once,
          .cache_path = settings.cache_path,
          .cache_mode = settings.cache_mode};
}

void log_unprotected(const Settings& settings, const ObjectStoreSettings& object_store) {
  auto lines = unprotected_credentials(settings);
  if (const auto line = unprotected_upload(object_store)) lines.push_back(*line);
  for (const auto& line : lines) log(Level::info, "unprotected", {{"text", line}});
}

void log_refused(const DeclaredDatasets& declared) {
  for (const auto& faulty : declared.faulty) {
    for (const auto& fault : faulty.faults)
      log(Level::error, faulty.is_upstream ? "upstream_refused" : "dataset_refused", {{"text", fault.shown()}});
  }
}

struct FinishLog {
  ~FinishLog() { finish_log(); }
};

// Before the first thread.
void set_up_process() {
  // One heap for all threads. What is asked in one thread is stored by another, so that with a heap each the memory that one
  // gives back is of no use to the other: twice as much for many queues.
  ::mallopt(M_ARENA_MAX, 1);
  // Nobody asks SQLite how much it holds, and counting takes a lock at each allocation.
  ::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  block_stop_signals();  // a stop while we load takes effect as soon as there is a loop
}

}  // namespace

int run(const Settings& given, const ObjectStoreSettings& object_store, bool once) {
  set_up_process();
  set_up_log(given.log_level, given.log_json);
  const FinishLog at_the_end;
  const auto& file = given.cache_path;
  std::error_code ignored;  // a directory that cannot be made shows at the first publish, and may be fixed while we run
  std::filesystem::create_directories(std::filesystem::absolute(file).parent_path(), ignored);
  Lock lock(file);
  if (lock.acquire() == Lock::State::taken) {
    std::cerr << fmt::format("{}: another gateway publishes this file: {}; stop it, or set CACHE_PATH\n", file.string(), lock.detail());
    return cannot_publish;
  }
  if (const auto news = lock.news()) log(Level::warn, "publishing", {{"text", *news}});
  log(Level::info, "started", {{"version", version}, {"commit", commit}, {"file", file.string()}});

  const auto declared = read_datasets(given);
  log_refused(declared);
  const auto settings = with_upstreams_of(declared, given);
  log_unprotected(settings, object_store);
  const auto sources = sources_of(settings, declared);
  auto setup = setups(sources, settings);
  auto asked = upstreams(setup, settings);
  if (!once) add_upload(object_store, settings, setup, asked);
  const auto pace = schedule(settings, setup, once);
  narrow_earlier_modes(file, settings.cache_mode);
  // A publish waits for its interval even when a source asks for more.
  const auto slowest = std::max(pace.publish_within, pace.publish_interval);
  RunMetrics metrics(setup, slowest);
  Endpoints endpoints(metrics.vitals(), [&] { return metrics.collect(); }, file);
  std::optional<Listener> listener;
  if (settings.listen && !once) {
    listener.emplace(*settings.listen, [&](std::string_view path) { return endpoints.respond(path); });
    log(Level::info, "listening", {{"address", settings.listen->shown}});
  }
  Store store(declared);
  const auto loaded = load_cache(store, file);
  if (!loaded) {
    log(Level::error, "cannot_start", {{"error", loaded.error()}});
    return cannot_publish;
  }
  store.begin({.sources = setup,
               .retention = settings.retention,
               .strategies = settings.strategies,
               .backoff_cap = settings.backoff_cap,
               .version = version,
               .now = unix_now(),
               .publish_within = slowest,
               .from_saved_copy = loaded->from_saved_copy});
  if (!once) store.note_start(unix_now(), version);

  Scheduler scheduler(store, std::move(asked), pace, lock, metrics);
  const auto error = scheduler.run();
  const auto last = error ? LastUpload{} : upload_last(object_store, settings, once ? object_store.timeout : last_upload_within);
  const bool any_failed = scheduler.any_failed() || last.failed;
  const int code = error && once ? cannot_publish : once && any_failed ? some_failed : all_well;
  if (scheduler.left_a_thread_behind() || last.left_a_thread_behind) {
    finish_log();
    std::_Exit(code);
  }
  return code;
}

}  // namespace gateway
