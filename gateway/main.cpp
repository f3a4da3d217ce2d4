// The program: parse the command line, read the settings it needs, run the command. Exit codes are those of the README.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "commands/check.hpp"
#include "commands/datasets.hpp"
#include "commands/follow.hpp"
#include "commands/run.hpp"
#include "commands/status.hpp"
#include "commands/watch.hpp"
#include "commands/why.hpp"
#include "run/privileges.hpp"
#include "settings/env_file.hpp"
#include "settings/settings.hpp"
#include "version.hpp"

namespace gateway {
namespace {

constexpr int bad_settings = 2;

int report(const std::vector<SettingError>& errors) {
  std::cerr << fmt::format("{} invalid setting{}:\n", errors.size(), errors.size() == 1 ? "" : "s");
  for (const auto& error : errors) std::cerr << fmt::format("  {}={}: {}\n", error.variable, error.shown, error.remedy);
  return bad_settings;
}

struct CommandLine {
  CLI::App app{"Publishes snapshots of the trading system's upstreams as one SQLite file for Grafana.", "cache-gateway"};
  std::string env_file;
  bool json = false, watch = false;
  CheckOptions check_options;
  std::string source;  // of `why`
  std::string only;    // of `once`
  std::size_t limit = 20;
  CLI::App *run = nullptr, *once = nullptr, *status = nullptr, *ping = nullptr, *why = nullptr, *check = nullptr, *grants = nullptr,
           *follow = nullptr;

  CommandLine() {
    app.set_version_flag("--version", fmt::format("cache-gateway {} (commit {}; {})", version, commit, build_kind));
    app.add_option("--env-file", env_file, "read settings from this .env file; environment variables take precedence")->type_name("FILE");
    app.fallthrough();  // subcommands inherit it: options may follow them
    app.require_subcommand(0, 1);
    run = app.add_subcommand("run", "run the daemon (the default): poll every upstream at its interval until SIGTERM");
    once = app.add_subcommand("once", "attempt every source once, publish once, and exit");
    auto* only_one =
        once->add_option("--only", only, "query one dataset of DATASETS_DIR and print its rows; publish nothing")->type_name("DATASET");
    once->add_option("--limit", limit, "how many rows to print")->needs(only_one)->capture_default_str();
    follow = app.add_subcommand("follow", "keep a copy of the cache that a gateway on another host uploads, until SIGTERM");
    status = app.add_subcommand("status", "show the state of all sources from the published file; contacts no upstream");
    auto* as_json = status->add_flag("--json", json, "print JSON, for scripts");
    status->add_flag("--watch", watch, "repeat every 2 seconds until Ctrl-C")->excludes(as_json);
    why = app.add_subcommand("why", "explain a source: its last attempts, what changed, the next attempt, what to do");
    why->add_option("SOURCE", source, "a source as named by status, or an upstream or service for all of its sources")->required();
    check = app.add_subcommand("check", "report what is wrong with the setup, and the remedy; starts and changes nothing");
    check->add_flag("--ask", check_options.ask, "also contact every upstream: credentials, permissions, clocks");
    check
        ->add_option("--reader", check_options.reader,
                     "who must be able to read the cache: a user, UID or UID:GID,.. (Grafana's image: 472:10002)")
        ->type_name("USER");
    grants = app.add_subcommand("grants", "print the GRANT statements that the datasets need; contacts no upstream");
    ping = app.add_subcommand("ping", "check that the gateway on this cache is alive");
    app.footer(
        "Settings come from the environment; .env.example lists them all.\n"
        "Exit codes: 0 success; run, once: 1 cannot publish, 2 invalid settings; once: 3 some source failed;\n"
        "status, why: 3 something is stale, 4 no readable cache; check: 3 something is wrong; ping: 1 not alive.");
  }
};

int status(const CommandLine& line, const std::filesystem::path& cache, bool terminal, bool colour) {
  if (!line.watch) return print_status(cache, line.json, colour, std::cout, std::cerr);
  return watch([&](std::ostream& out) { return print_status(cache, false, colour, out, out); }, std::chrono::seconds(2), terminal,
               std::cout);
}

int execute(CommandLine& line, const Environment& environment) {
  SettingsReader reader(environment);
  const bool terminal = ::isatty(STDOUT_FILENO) == 1, colour = terminal && ::getenv("NO_COLOR") == nullptr;
  if (line.ping->parsed()) return ping(read_cache_path(reader), std::cout, std::cerr);
  if (line.status->parsed()) return status(line, read_cache_path(reader), terminal, colour);
  if (line.why->parsed()) return why(read_cache_path(reader), line.source, colour, std::cout, std::cerr);
  auto settings = read_settings(reader);
  const auto object_store = read_object_store(reader);
  settings.secrets = reader.secrets();
  if (!reader.faults().empty()) return report(reader.faults());
  line.check_options.env_file = line.env_file;
  if (line.check->parsed()) return check(settings, object_store, environment, line.check_options, colour, std::cout, std::cerr);
  if (line.follow->parsed()) return follow(settings, object_store);
  if (line.grants->parsed()) return print_grants(settings, std::cout, std::cerr);
  if (!line.only.empty()) return print_only(settings, line.only, line.limit, colour, std::cout, std::cerr);
  return run(settings, object_store, line.once->parsed());
}

int main(int argc, char** argv) {
  give_up_privileges();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error code, not the end
  ::umask(022);                   // readers of the cache are other users

  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return line.app.exit(e) == 0 ? 0 : bad_settings;
  }

  auto environment = process_environment();
  if (!line.env_file.empty()) {
    std::vector<std::string> warnings;
    auto with_file = environment_file(line.env_file, environment, &warnings);
    for (const auto& warning : warnings) std::cerr << warning << '\n';
    if (!with_file) {
      std::cerr << with_file.error() << '\n';
      return bad_settings;
    }
    environment = std::move(*with_file);
  }
  return execute(line, environment);
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
