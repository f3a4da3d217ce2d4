// PostgreSQL as an upstream. An attempt connects, probes what there is, takes one read-only snapshot for all datasets, and
// asks for each within a savepoint and a share of the time, so that one that fails or is slow takes nothing with it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "ask/postgres_catalogue.hpp"
#include "ask/postgres_connection.hpp"
#include "ask/turns.hpp"
#include "ask/upstream.hpp"

namespace gateway {

class Postgres : public Upstream {
 public:
  explicit Postgres(PostgresSettings settings) : settings_(std::move(settings)) {}

  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline& deadline) override;
  void cancel() override { cancel_.set(); }
  std::string identity() const override { return identity_; }

 private:
  std::optional<Error> connect(const Deadline& deadline, Outcome& outcome);
  // A job that is judged alone, in a transaction of its own, over a new connection where the kept one has died.
  Result<Batch> judge(Job& job, const Deadline& deadline, Outcome& outcome);
  Result<Batch> judge_once(Job& job, const Deadline& deadline, Outcome& outcome);
  std::optional<Error> probe(std::span<const Job> jobs, const Deadline& deadline);
  std::optional<Error> take_snapshot(const Deadline& deadline);
  std::optional<Error> lock_tables(const Deadline& deadline);
  std::optional<Error> read_identity(const Deadline& deadline);
  // One dataset's turn in the snapshot.
  Result<Batch> collect(Job& job, Milliseconds share, const Deadline& deadline, Outcome& outcome);
  std::optional<Error> rewritten(const Source& source, const Deadline& deadline);
  Result<Batch> ask(Job& job, const Patience& patience, Milliseconds server, Outcome& outcome);
  bool lost() const { return !connection_ || connection_->lost(); }

  PostgresSettings settings_;
  Cancel cancel_;
  ReceiveLimit limit_;
  std::optional<PostgresConnection> connection_;
  std::string identity_;
  bool system_is_secret_ = false;  // the role, or the kind of server, does not tell the system's id
  PostgresCatalogue catalogue_;
  std::map<std::string, Error> locked_out_;  // tables that somebody else has locked, in this attempt
  bool must_probe_ = true;
  Clock::time_point probed_at_{};
  Turns turns_;
};

}  // namespace gateway
