#include "postgres_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <stdexcept>

#include "process.hpp"
#include "scratch.hpp"
#include "session.hpp"

namespace hostile {
namespace {

const std::string monitor_password = "pg-s3cr3t";
PostgresServer* running = nullptr;

}  // namespace

// Below the range that the kernel gives to outgoing connections.
int free_port() {
  std::minstd_rand random{std::random_device{}()};
  for (int n = 0; n < 1000; ++n) {
    const int port = std::uniform_int_distribution<int>(20000, 31999)(random);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

PostgresServer& PostgresServer::instance() {
  if (running == nullptr) running = new PostgresServer;
  return *running;
}

void PostgresServer::end() {
  delete running;
  running = nullptr;
}

PostgresServer::PostgresServer()
    : directory_(integration::new_directory(std::filesystem::temp_directory_path(), "hostile")), port_(free_port()) {
  appoint_guardian();
  script({"start"});
  integration::Session(connection("postgres")).run("CREATE DATABASE pristine TEMPLATE ytrader OWNER ytrader");
}

std::string PostgresServer::script(std::vector<std::string> words) const {
  words.insert(words.begin(), std::string(UPSTREAM_SCRIPTS) + "/postgres");
  words.insert(words.begin() + 2, directory_.string());
  if (words[1] == "start") words.push_back(std::to_string(port_));
  const auto done = integration::run(words, {{"DEMO_MONITOR_PASSWORD", monitor_password}, {"POSTGRES_LOCALES", "ru_RU ko_KR uk_UA"}});
  if (done.code != 0) throw std::runtime_error(words[1] + ": " + done.errors + done.output);
  return done.output;
}

PostgresServer::~PostgresServer() {
  ::close(guardian_);
  char nothing = 0;
  while (::read(gone_, &nothing, 1) > 0) {
  }
  ::close(gone_);
}

// Not our child but init's: nobody who kills our process tree reaches it. It sleeps until our end of the pipe is closed.
void PostgresServer::appoint_guardian() {
  int life[2], gone[2];
  if (::pipe2(life, O_CLOEXEC) != 0 || ::pipe2(gone, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string work = R"(cat >/dev/null; "$2/postgres" stop "$1" immediate; rm -rf -- "$1")";
  const std::string directory = directory_.string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    ::dup2(life[0], STDIN_FILENO);
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::fcntl(gone[1], F_SETFD, 0);
    ::close(life[1]);
    ::execlp("bash", "bash", "-c", work.c_str(), "guardian", directory.c_str(), UPSTREAM_SCRIPTS, nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(life[0]);
  ::close(gone[1]);
  guardian_ = life[1];
  gone_ = gone[0];
}

std::string PostgresServer::connection(const std::string& database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", (directory_ / "postgres-socket").string(), port_, database);
}

void PostgresServer::reset() {
  integration::Session session(connection("postgres"));
  session.run("DROP DATABASE IF EXISTS ytrader WITH (FORCE)");
  session.run("CREATE DATABASE ytrader TEMPLATE pristine OWNER ytrader");
  script({"role"});
}

std::string PostgresServer::superuser() const { return connection("ytrader"); }

std::string PostgresServer::sql(const std::string& statement) const { return integration::Session(superuser()).run(statement); }

decltype(gateway::Settings::postgres) PostgresServer::settings() const { return postgres_at(port_, monitor_password); }

decltype(gateway::Settings::postgres) postgres_at(int port, const std::string& password) {
  decltype(gateway::Settings::postgres) settings;
  settings.host = "127.0.0.1";
  settings.port = std::to_string(port);
  settings.database = "ytrader";
  settings.sslmode = "prefer";
  settings.user = "grafana_monitor";
  settings.password = password;
  settings.pace = {.interval = std::chrono::seconds(10), .timeout = std::chrono::seconds(60), .stale_after = std::chrono::seconds(90)};
  return settings;
}

}  // namespace hostile
