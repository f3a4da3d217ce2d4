// PostgreSQL as an upstream: one connection, one read-only snapshot for all datasets of an attempt, a savepoint around
// each, so that one that fails takes nothing with it. Only libpq's asynchronous calls are used: PQexec cannot be stopped.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>

#include "settings/settings.hpp"
#include "ask/tcp.hpp"
#include "ask/upstream.hpp"

namespace gateway {

class Postgres : public Upstream {
 public:
  explicit Postgres(decltype(Settings::postgres) settings) : settings_(std::move(settings)) {}

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { cancel_.set(); }
  std::string identity() const override { return identity_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Connection = std::unique_ptr<PGconn, Finish>;

  std::optional<Error> connect(const Deadline& deadline);
  std::optional<Error> connect_to(const Address* address, const Deadline& deadline);
  std::optional<Error> probe(const Deadline& deadline);
  // Sends one statement and gathers its rows. A lost connection is dropped, so that the next attempt makes a new one.
  Result<Table> query(const SqlRequest& request, const Deadline& deadline, Timing* timing = nullptr);
  Result<Batch> collect(Job& job, const Deadline& deadline, Outcome& outcome);
  Error connection_error(const PGconn* connection) const;

  decltype(Settings::postgres) settings_;
  Cancel cancel_;
  Connection connection_;
  std::string identity_;
  Catalogue catalogue_;
  bool must_probe_ = true;
  Clock::time_point probed_at_{};
};

}  // namespace gateway
