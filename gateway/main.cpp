// The program: read the settings, load what was known, ask the upstreams, publish. Each command checks only the settings
// it uses; exit codes are those of the README.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "commands/status.hpp"
#include "datasets/datasets.hpp"
#include "run/log.hpp"
#include "run/scheduler.hpp"
#include "run/upstreams.hpp"
#include "version.hpp"

namespace gateway {
namespace {

enum Exit : int { all_well = 0, cannot_publish = 1, bad_settings = 2, some_failed = 3 };

int report_faults(const std::vector<SettingError>& faults) {
  std::cerr << fmt::format("{} fault{} in the settings:\n", faults.size(), faults.size() == 1 ? "" : "s");
  for (const auto& fault : faults) std::cerr << fmt::format("  {}={}: {}\n", fault.variable, fault.shown, fault.remedy);
  return bad_settings;
}

// Loads the published file, or sets it aside when it is not ours to load.
void load(Store& store, const std::filesystem::path& file) {
  const auto inspection = inspect(file);
  if (inspection.state == FileState::absent) return;
  if (inspection.state != FileState::good) {
    const char* label = inspection.state == FileState::newer ? "newer" : inspection.state == FileState::older ? "older" : "broken";
    const auto aside = move_aside(file, label);
    log(Level::warn, "cache_set_aside",
        {{"file", file.string()}, {"reason", inspection.reason}, {"aside", aside ? aside->string() : aside.error()}});
  }
  if (inspection.state != FileState::good && inspection.state != FileState::older) return;
  for (const auto& rejected : store.restore(file)) log(Level::warn, "cache_not_carried_over", {{"table", rejected}});
}

int run(const Settings& settings, bool once) {
  set_up_log(settings.log_level, settings.log_json);
  const auto& file = settings.cache_path;
  std::error_code ignored;  // a directory that cannot be made shows at the first publish, and may be mended while we run
  std::filesystem::create_directories(std::filesystem::absolute(file).parent_path(), ignored);
  block_stop_signals();  // whoever stops us while we load is heard as soon as there is a loop
  Lock lock(file);
  if (lock.acquire() == Lock::State::taken) {
    std::cerr << fmt::format("{}: another gateway publishes this file: {}; stop it, or set CACHE_PATH\n", file.string(), lock.detail());
    return cannot_publish;
  }
  log(Level::info, "started", {{"version", version}, {"file", file.string()}});

  const auto sources = all_sources(settings);
  const auto all = setups(sources, settings);
  auto shortest = all.front().pace.stale_after;
  for (const auto& setup : all) shortest = std::min(shortest, setup.pace.stale_after);
  SchedulerSettings schedule{.backoff_cap = settings.backoff_cap,
                             .publish_interval = settings.publish_interval,
                             .publish_within = std::max(Milliseconds{1}, shortest / 3),
                             .once = once,
                             .cache_path = file};
  Store store;
  load(store, file);
  // A publish waits for its interval even when a source asks for more.
  const auto slowest = std::max(schedule.publish_within, schedule.publish_interval);
  store.begin(all, settings, version, unix_now(), static_cast<double>(slowest.count()) / 1000);

  if (!once) store.note_start(unix_now(), version);
  Scheduler scheduler(store, upstreams(all, settings), schedule, lock);
  const auto error = scheduler.run();
  const int code = error && once ? cannot_publish : once && scheduler.any_failed() ? some_failed : all_well;
  if (scheduler.left_a_thread_behind()) std::_Exit(code);
  return code;
}

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error code, not the end
  ::umask(022);                   // readers of the cache are other users

  CLI::App app{"Snapshots the trading system's upstreams into one SQLite file that Grafana reads.", "cache-gateway"};
  app.set_version_flag("--version", version);
  app.fallthrough();
  std::string env_file;
  app.add_option("--env-file", env_file, "read settings from this .env file; the environment wins over it")->type_name("FILE");
  auto* run_command = app.add_subcommand("run", "the daemon (the default): asks every upstream at its pace until SIGTERM");
  auto* once_command = app.add_subcommand("once", "one attempt at every source, one publish");
  auto* status_command = app.add_subcommand("status", "what the published file says of its sources; asks no upstream");
  auto* ping_command = app.add_subcommand("ping", "whether the gateway on this cache is alive");
  bool json = false;
  status_command->add_flag("--json", json, "for scripts");
  app.require_subcommand(0, 1);
  app.footer(
      "Settings come from the environment; .env.example lists them all.\n"
      "Exit: 0 well; run, once: 1 cannot publish, 2 settings; once: 3 some source failed;\n"
      "status: 3 something is stale, 4 no readable cache; ping: 1 not alive.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? all_well : bad_settings;
  }

  auto environment = process_environment();
  if (!env_file.empty()) {
    auto with_file = environment_file(env_file, environment);
    if (!with_file) {
      std::cerr << with_file.error() << '\n';
      return bad_settings;
    }
    environment = std::move(*with_file);
  }
  SettingsReader reader(std::move(environment));
  if (status_command->parsed() || ping_command->parsed()) {
    const auto cache = read_cache_path(reader);
    if (ping_command->parsed()) return ping(cache, std::cout, std::cerr);
    const bool colour = ::isatty(STDOUT_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr;
    return print_status(cache, json, colour, std::cout, std::cerr);
  }
  static_cast<void>(run_command);
  const auto settings = read_settings(reader);
  if (!reader.faults().empty()) return report_faults(reader.faults());
  return run(settings, once_command->parsed());
}

}  // namespace
}  // namespace gateway

int main(int argc, char** argv) {
  int code = 1;
  try {
    code = gateway::main(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "cache-gateway: " << e.what() << '\n';
  }
  // Without destructors of statics: a thread stuck in the resolver may still be using them.
  std::cout.flush();
  std::_Exit(code);
}
