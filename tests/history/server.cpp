#include "server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

#include "../integration/support/scratch.hpp"
#include "../integration/support/session.hpp"

namespace history {
namespace {

const std::string password = "pg-secret-51c9";
Server* running = nullptr;
pid_t guard = 0;

// Sleeps until our end of the pipe is closed, by us or by the kernel.
int appoint_guardian(const std::string& directory) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string work = "cat >/dev/null; \"$2/postgres\" stop \"$1\" immediate; rm -rf -- \"$1\"";
  std::string words[] = {"bash", "-c", work, "guardian", directory, UPSTREAM_SCRIPTS};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), words[5].data(), nullptr};
  const int code = ::posix_spawnp(&guard, "bash", &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(ends[0]);
  if (code != 0) throw std::runtime_error("no guardian");
  return ends[1];
}

}  // namespace

Server& Server::instance() {
  if (running == nullptr) running = new Server;  // ended by end(), not by a static's destructor
  return *running;
}

void Server::end() {
  delete running;
  running = nullptr;
}

Server::Server() {
  auto name = (std::filesystem::temp_directory_path() / "history-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  ::chmod(name.c_str(), 0755);
  directory_ = name;
  guardian_ = appoint_guardian(directory_);
  std::random_device random;
  integration::Finished done;
  for (int tries = 0; tries < 20 && done.code != 0; ++tries) {  // a port may be taken
    constexpr unsigned first = 20000, many = 12000;             // below those for outgoing connections
    port_ = static_cast<int>(first + random() % many);
    done = integration::run({std::string(UPSTREAM_SCRIPTS) + "/postgres", "start", directory_, std::to_string(port_)},
                            {{"DEMO_MONITOR_PASSWORD", password}});
  }
  if (done.code != 0) throw std::runtime_error(done.errors + done.output);
}

Server::~Server() {
  ::close(guardian_);
  int status = 0;
  ::waitpid(guard, &status, 0);
}

std::string Server::superuser(const std::string& database) const {
  return fmt::format("host={}/postgres-socket port={} user=postgres dbname={}", directory_, port_, database);
}

void Server::create(const std::string& database) {
  integration::Session(superuser("postgres")).run("CREATE DATABASE " + database + " TEMPLATE ytrader");
}
void Server::drop(const std::string& database) {
  integration::Session(superuser("postgres")).run("DROP DATABASE " + database + " WITH (FORCE)");
}

integration::Variables Server::settings(const std::string& database) const {
  return {{"POSTGRES_HOST", "127.0.0.1"},
          {"POSTGRES_PORT", std::to_string(port_)},
          {"POSTGRES_DB", database},
          {"GRAFANA_POSTGRES_PASSWORD", password}};
}

}  // namespace history
