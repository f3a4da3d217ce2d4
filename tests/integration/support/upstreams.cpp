#include "upstreams.hpp"

#include <fmt/format.h>

#include <fstream>
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
      management_port_(free_port()),
      guardian_(R"(
        for d in "$1" "$1/another"; do
          [ -d "$d/postgres" ] && "$2/postgres" stop "$d" immediate
        done
        "$2/rabbitmq" kill "$1"
        rm -rf -- "$1")",
                {directory_.string(), UPSTREAM_SCRIPTS}) {
  script("postgres", {"start", std::to_string(postgres_port_)}, directory_);
  Session(superuser("postgres", directory_)).run("CREATE DATABASE pristine TEMPLATE ytrader OWNER ytrader");
  hasten_samples();
  start_rabbitmq();
  broker_ = std::make_unique<Broker>(management_port_);
}

Upstreams::~Upstreams() = default;

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
