// One PostgreSQL connection that survives its server: a command on a lost connection fails at once and the next one,
// a second later at the earliest, connects again. Waiting is sliced so that a service can be stopped although its
// database is frozen. The command's time limit is the caller's: health probes wait a whole minute in production, and a
// health call that hangs is something to be monitored.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "settings.hpp"

namespace trading {

using Parameter = std::optional<std::string>;
using Parameters = std::vector<Parameter>;

class Rows {
 public:
  explicit Rows(PGresult* result) : result_{result, &PQclear} {}
  int count() const { return PQntuples(result_.get()); }
  int affected() const;
  bool null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string text(int row, int column) const { return PQgetvalue(result_.get(), row, column); }
  Parameter optional(int row, int column) const;
  double number(int row, int column) const;
  bool flag(int row, int column) const { return text(row, column) == "t"; }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

class Database {
 public:
  Database(const Settings& settings, std::chrono::seconds command_limit, std::stop_token stop);

  // Several threads may ask; they wait for each other, as they would for one pooled connection.
  std::expected<Rows, std::string> run(const std::string& sql, const Parameters& parameters = {});

  // For writes whose failure is only worth a line in the log; false if it failed.
  bool write(const std::string& sql, const Parameters& parameters = {});

  // Whether a trivial query works now.
  bool answers() { return run("SELECT 1").has_value(); }

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  std::optional<std::string> connect();
  std::expected<Rows, std::string> execute(const std::string& sql, const Parameters& parameters);
  bool wait_for(short events, Deadline deadline) const;
  std::string drop(std::string reason);

  const Settings& settings_;
  std::chrono::seconds command_limit_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
  std::chrono::steady_clock::time_point next_attempt_{};
  bool was_lost_ = false;
};

}  // namespace trading
