#include "private_postgres.hpp"

#include <fmt/format.h>

#include "session.hpp"

namespace integration {

PrivatePostgres& PrivatePostgres::instance() {
  static PrivatePostgres running;
  return running;
}

PrivatePostgres::PrivatePostgres(int port)
    : PrivateServer("postgres", R"("$1" stop "$2" immediate)", {{"DEMO_MONITOR_PASSWORD", monitor_password}}), port_(port) {
  start();
}

PrivatePostgres::PrivatePostgres() : PrivatePostgres(free_port()) {
  Session(superuser("postgres")).run("CREATE DATABASE pristine TEMPLATE ytrader OWNER ytrader");
}

std::string PrivatePostgres::superuser(const std::string& database) const {
  return fmt::format("host={} port={} user=postgres dbname={}", (directory() / "postgres-socket").string(), port_, database);
}

std::string PrivatePostgres::monitor() const {
  return fmt::format("host=127.0.0.1 port={} user=grafana_monitor password={} dbname=ytrader", port_, monitor_password);
}

void PrivatePostgres::reset() const {
  drop("ytrader");
  create("ytrader");
  script("role");
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
          {"GRAFANA_POSTGRES_PASSWORD", monitor_password}};
}

}  // namespace integration
