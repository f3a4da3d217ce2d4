// The program: parse the command line, read the settings it needs, run the command. Exit codes are those of the README.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "commands/run.hpp"
#include "commands/status.hpp"
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
  CLI::App app{"Snapshots the trading system's upstreams into one SQLite file that Grafana reads.", "cache-gateway"};
  std::string env_file;
  bool json = false;
  CLI::App *run = nullptr, *once = nullptr, *status = nullptr, *ping = nullptr;

  CommandLine() {
    app.set_version_flag("--version", version);
    app.add_option("--env-file", env_file, "read settings from this .env file; the environment wins over it")->type_name("FILE");
    app.fallthrough();  // subcommands inherit it: options may follow them
    app.require_subcommand(0, 1);
    run = app.add_subcommand("run", "the daemon (the default): polls every upstream at its interval until SIGTERM");
    once = app.add_subcommand("once", "one attempt at every source, one publish");
    status = app.add_subcommand("status", "what the published file says about its sources; contacts no upstream");
    status->add_flag("--json", json, "for scripts");
    ping = app.add_subcommand("ping", "whether the gateway on this cache is alive");
    app.footer(
        "Settings come from the environment; .env.example lists them all.\n"
        "Exit: 0 well; run, once: 1 cannot publish, 2 invalid settings; once: 3 some source failed;\n"
        "status: 3 something is stale, 4 no readable cache; ping: 1 not alive.");
  }
};

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
  SettingsReader reader(std::move(environment));

  if (line.ping->parsed()) return ping(read_cache_path(reader), std::cout, std::cerr);
  if (line.status->parsed()) {
    const bool colour = ::isatty(STDOUT_FILENO) == 1 && ::getenv("NO_COLOR") == nullptr;
    return print_status(read_cache_path(reader), line.json, colour, std::cout, std::cerr);
  }
  const auto settings = read_settings(reader);
  if (!reader.faults().empty()) return report(reader.faults());
  return run(settings, line.once->parsed());
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
