// The asynchronous half of libpq: PQexec on a stopped server never returns, whatever timeouts are set.
#include "database.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstdlib>

#include "log.hpp"

namespace trading {

namespace {

using Steady = std::chrono::steady_clock;

std::string first_line(const char* message) {
  std::string text = message;
  return text.substr(0, text.find('\n'));
}

}  // namespace

int Rows::affected() const { return std::atoi(PQcmdTuples(result_.get())); }

Parameter Rows::optional(int row, int column) const { return null(row, column) ? Parameter{} : Parameter{text(row, column)}; }

double Rows::number(int row, int column) const { return std::strtod(PQgetvalue(result_.get(), row, column), nullptr); }

Database::Database(const Settings& settings, std::chrono::seconds command_limit, std::stop_token stop)
    : settings_{settings}, command_limit_{command_limit}, stop_{std::move(stop)} {}

bool Database::wait_for(short events, Deadline deadline) const {
  while (!stop_.stop_requested() && Steady::now() < deadline) {
    pollfd watched{PQsocket(connection_.get()), events, 0};
    if (poll(&watched, 1, 100) > 0) return true;
  }
  return false;
}

std::string Database::drop(std::string reason) {
  connection_.reset();
  next_attempt_ = Steady::now() + std::chrono::seconds{1};
  if (!was_lost_) log_line(fmt::format("postgres lost: {}", reason));
  was_lost_ = true;
  return reason;
}

std::optional<std::string> Database::connect() {
  if (connection_) return std::nullopt;
  if (Steady::now() < next_attempt_) return "not connected";
  const std::string port = std::to_string(settings_.postgres_port);
  const std::array keywords{"host", "port", "dbname", "user", "password", "application_name", "options", static_cast<const char*>(nullptr)};
  const std::array values{settings_.postgres_host.c_str(),
                          port.c_str(),
                          settings_.postgres_database.c_str(),
                          settings_.postgres_user.c_str(),
                          settings_.postgres_password.c_str(),
                          settings_.service.c_str(),
                          "-c timezone=UTC",
                          static_cast<const char*>(nullptr)};
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  const Deadline deadline = Steady::now() + std::chrono::seconds{2};
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (PQstatus(connection_.get()) == CONNECTION_BAD) return drop(first_line(PQerrorMessage(connection_.get())));
    if (!wait_for(state == PGRES_POLLING_WRITING ? POLLOUT : POLLIN, deadline)) return drop("connecting timed out");
    state = PQconnectPoll(connection_.get());
    if (state == PGRES_POLLING_FAILED) return drop(first_line(PQerrorMessage(connection_.get())));
  }
  log_line("postgres connected");
  was_lost_ = false;
  return std::nullopt;
}

std::expected<Rows, std::string> Database::execute(const std::string& sql, const Parameters& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0) ==
      0) {
    return std::unexpected{drop(first_line(PQerrorMessage(connection_.get())))};
  }
  const Deadline deadline = Steady::now() + command_limit_;
  std::optional<Rows> rows;
  std::string error;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      if (!wait_for(POLLIN, deadline)) return std::unexpected{drop("no answer in time")};
      if (PQconsumeInput(connection_.get()) == 0) {
        return std::unexpected{drop(first_line(PQerrorMessage(connection_.get())))};
      }
    }
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) break;
    rows.emplace(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) error = first_line(PQresultErrorMessage(result));
  }
  if (PQstatus(connection_.get()) == CONNECTION_BAD) return std::unexpected{drop(error)};
  if (!error.empty()) return std::unexpected{error};
  if (!rows) return std::unexpected{drop("no result")};
  return std::move(*rows);
}

std::expected<Rows, std::string> Database::run(const std::string& sql, const Parameters& parameters) {
  const std::lock_guard lock{mutex_};
  if (auto failure = connect()) return std::unexpected{*failure};
  return execute(sql, parameters);
}

bool Database::write(const std::string& sql, const Parameters& parameters) {
  const std::lock_guard lock{mutex_};
  if (connect()) return false;
  const auto result = execute(sql, parameters);
  // A lost connection has been logged as such, once.
  if (!result && connection_) log_line(fmt::format("postgres refused: {}", result.error()));
  return result.has_value();
}

}  // namespace trading
