#include "private_postgres.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "free_port.hpp"
#include "scratch.hpp"
#include "session.hpp"

namespace integration {
namespace {

std::unique_ptr<PrivatePostgres> running;

}  // namespace

PrivatePostgres& PrivatePostgres::instance() {
  if (!running) running.reset(new PrivatePostgres);
  return *running;
}

void PrivatePostgres::end() { running.reset(); }

const std::string& PrivatePostgres::password() {
  static const std::string told_apart = "pg-s3cr3t-51c9";
  return told_apart;
}

PrivatePostgres::PrivatePostgres()
    : directory_(new_directory(std::filesystem::temp_directory_path(), "postgres")),
      port_(free_port()),
      guardian_(R"("$2/postgres" stop "$1" immediate; rm -rf -- "$1")", {directory_.string(), UPSTREAM_SCRIPTS}) {
  script({"start"});
  Session(superuser("postgres")).run("CREATE DATABASE pristine TEMPLATE ytrader OWNER ytrader");
}

std::string PrivatePostgres::script(std::vector<std::string> words) const {
  words.insert(words.begin(), std::string(UPSTREAM_SCRIPTS) + "/postgres");
  words.insert(words.begin() + 2, directory_.string());
  if (words[1] == "start") words.push_back(std::to_string(port_));
  const auto done = run(words, {{"DEMO_MONITOR_PASSWORD", password()}, {"POSTGRES_LOCALES", POSTGRES_LOCALES}});
  if (done.code != 0) throw std::runtime_error(words[1] + ": " + done.errors + done.output);
  return done.output;
}

std::string PrivatePostgres::superuser(const std::string& database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", (directory_ / "postgres-socket").string(), port_, database);
}

void PrivatePostgres::reset() const {
  drop("ytrader");
  Session(superuser("postgres")).run("CREATE DATABASE ytrader TEMPLATE pristine OWNER ytrader");
  script({"role"});
}

void PrivatePostgres::create(const std::string& database) const {
  Session(superuser("postgres")).run("CREATE DATABASE " + database + " TEMPLATE pristine OWNER ytrader");
}

void PrivatePostgres::drop(const std::string& database) const {
  Session(superuser("postgres")).run("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
}

std::string PrivatePostgres::sql(const std::string& statement) const { return Session(superuser()).run(statement); }

Variables PrivatePostgres::settings(const std::string& database) const {
  return {{"POSTGRES_HOST", "127.0.0.1"},
          {"POSTGRES_PORT", std::to_string(port_)},
          {"POSTGRES_DB", database},
          {"GRAFANA_POSTGRES_PASSWORD", password()}};
}

}  // namespace integration
