#include "upstreams.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <stdexcept>

#include "reader.hpp"
#include "scratch.hpp"

namespace integration {
namespace {

Upstreams* running = nullptr;

Variables script_environment(const std::string& script) {
  return {{"DEMO_MONITOR_PASSWORD", script == "postgres" ? monitor_password : broker_password}, {"RABBITMQ_STATISTICS_INTERVAL_MS", "500"}};
}

}  // namespace

// Below the range that the kernel gives to outgoing connections, so that nobody takes it while its server is away.
int free_port() {
  static std::minstd_rand random{std::random_device{}()};
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

Upstreams& Upstreams::instance() {
  if (running == nullptr) running = new Upstreams;  // ended by end(), not by a static's destructor
  return *running;
}

void Upstreams::end() {
  delete running;
  running = nullptr;
}

Upstreams::Upstreams()
    : directory_(new_directory(std::filesystem::temp_directory_path(), "gateway")),
      postgres_port_(free_port()),
      amqp_port_(free_port()),
      management_port_(free_port()) {
  appoint_guardian();
  script("postgres", {"start", std::to_string(postgres_port_)}, directory_);
  Session(superuser("postgres", directory_)).run("CREATE DATABASE pristine TEMPLATE ytrader OWNER ytrader");
  hasten_samples();
  start_rabbitmq();
  broker_ = std::make_unique<Broker>(management_port_);
}

Upstreams::~Upstreams() {
  ::close(guardian_);
  char nothing = 0;
  while (::read(gone_, &nothing, 1) > 0) {
  }
  ::close(gone_);
}

// Not our child but init's: nobody who kills our process tree reaches it. It sleeps until our end of the pipe is closed.
void Upstreams::appoint_guardian() {
  int life[2], gone[2];
  if (::pipe2(life, O_CLOEXEC) != 0 || ::pipe2(gone, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string work = R"(
    cat >/dev/null
    for d in "$1" "$1/another"; do
      [ -d "$d/postgres" ] && "$2/postgres" stop "$d" immediate
    done
    "$2/rabbitmq" kill "$1"
    rm -rf -- "$1")";
  const std::string directory = directory_.string();
  const std::string scripts = UPSTREAM_SCRIPTS;
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
    ::execlp("bash", "bash", "-c", work.c_str(), "guardian", directory.c_str(), scripts.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(life[0]);
  ::close(gone[1]);
  guardian_ = life[1];
  gone_ = gone[0];
}

std::string Upstreams::script(const std::string& name, const std::vector<std::string>& arguments,
                              const std::filesystem::path& directory) const {
  std::vector<std::string> words{std::string(UPSTREAM_SCRIPTS) + "/" + name, arguments.at(0), directory.string()};
  words.insert(words.end(), arguments.begin() + 1, arguments.end());
  const auto done = run(words, script_environment(name));
  if (done.code != 0) throw std::runtime_error(fmt::format("{} {}: {}{}", name, arguments.at(0), done.errors, done.output));
  return done.output;
}

void Upstreams::start_postgres() { script("postgres", {"start", std::to_string(postgres_port_)}, directory_); }
void Upstreams::stop_postgres() { script("postgres", {"stop", "immediate"}, directory_); }

void Upstreams::start_another_postgres() {
  another_ = true;
  script("postgres", {"start", std::to_string(postgres_port_)}, directory_ / "another");
}

// The management plugin samples queues every five seconds unless told otherwise, whatever the statistics interval.
void Upstreams::hasten_samples() const {
  std::filesystem::create_directories(directory_ / "rabbitmq");
  std::ofstream(directory_ / "rabbitmq" / "advanced.config")
      << "[{rabbitmq_management, [{sample_retention_policies, [{global, [{605, 1}]}, {basic, [{605, 1}]}, {detailed, [{605, 1}]}]}]}].\n";
}

void Upstreams::start_rabbitmq() {
  script("rabbitmq", {"start", std::to_string(amqp_port_), std::to_string(management_port_)}, directory_);
}
void Upstreams::kill_rabbitmq() { script("rabbitmq", {"kill"}, directory_); }

void Upstreams::rabbitmqctl(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"ctl"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  script("rabbitmq", words, directory_);
}

std::string Upstreams::superuser(const std::string& database, const std::filesystem::path& directory) const {
  return fmt::format("host={} port={} user=postgres dbname={}", (directory / "postgres-socket").string(), postgres_port_, database);
}

std::string Upstreams::superuser() const { return superuser("ytrader", another_ ? directory_ / "another" : directory_); }

std::string Upstreams::monitor() const {
  return fmt::format("host=127.0.0.1 port={} user=grafana_monitor password={} dbname=ytrader", postgres_port_, monitor_password);
}

std::string Upstreams::sql(const std::string& statement) const { return Session(superuser()).run(statement); }

std::string Upstreams::postgres_log() const { return content(directory_ / "postgres.log"); }

Variables Upstreams::settings() const {
  return {{"POSTGRES_HOST", "127.0.0.1"},
          {"POSTGRES_PORT", std::to_string(postgres_port_)},
          {"GRAFANA_POSTGRES_PASSWORD", monitor_password},
          {"RABBITMQ_HOST", "127.0.0.1"},
          {"RABBITMQ_MANAGEMENT_PORT", std::to_string(management_port_)},
          {"RABBITMQ_MANAGEMENT_USER", "monitor"},
          {"RABBITMQ_MANAGEMENT_PASSWORD", broker_password}};
}

// The whole database anew from its template: renamed tables, grants, locks and settings of an ended test are gone.
void Upstreams::renew_database() {
  Session session(superuser("postgres", directory_));
  session.run("DROP DATABASE IF EXISTS ytrader WITH (FORCE)");
  session.run("CREATE DATABASE ytrader TEMPLATE pristine OWNER ytrader");
  script("postgres", {"role"}, directory_);
}

void Upstreams::reset() {
  if (another_) {
    script("postgres", {"stop", "immediate"}, directory_ / "another");
    std::filesystem::remove_all(directory_ / "another");
    another_ = false;
  }
  try {
    renew_database();
  } catch (const std::exception&) {  // a test has left it stopped
    start_postgres();
    renew_database();
  }
  if (!broker_->answers()) start_rabbitmq();
  if (broker_->alarmed()) rabbitmqctl({"set_vm_memory_high_watermark", "absolute", "1GB"});
  broker_->reset(broker_password);
}

}  // namespace integration
