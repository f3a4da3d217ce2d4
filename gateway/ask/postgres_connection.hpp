// One connection to one PostgreSQL server, or to a pooler before it. Only libpq's asynchronous calls are used: PQexec cannot
// be stopped. All calls block until they are answered, cancelled or out of time; for one thread.
#pragma once

#include <libpq-fe.h>

#include <atomic>
#include <memory>
#include <string>

#include "ask/receive_limit.hpp"
#include "base/deadline.hpp"
#include "base/source.hpp"
#include "settings/settings.hpp"

namespace gateway {

// How long to wait for an answer. At `cancel` the server is asked to give up the statement, which keeps the connection;
// at `give_up` the connection is dropped.
struct Patience {
  Deadline cancel, give_up;

  Patience(const Deadline& deadline) : cancel(deadline), give_up(deadline) {}
  Patience(const Deadline& cancel_at, const Deadline& give_up_at) : cancel(cancel_at), give_up(give_up_at) {}
};

class PostgresConnection {
 public:
  // Tries the hosts in their order, each of their addresses in turn, and each with its share of the time. `cancel` and
  // `limit` must outlive the connection. Errors are about the hosts; where several failed, all are named.
  static Result<PostgresConnection> open(const PostgresSettings& settings, const Deadline& deadline, const Cancel& cancel,
                                         ReceiveLimit& limit);

  // One statement. An error is the server's, and the connection stays, or the connection was lost: see lost().
  Result<Table> query(const SqlRequest& request, const Patience& patience, Timing* timing = nullptr);
  // Statements separated by `;`, without parameters, in one round trip; the rows are those of the last that gives any.
  Result<Table> run(const std::string& statements, const Deadline& deadline);

  // Begins a read-only transaction with all that a session of ours needs; one way for servers and poolers.
  Result<Table> begin(const char* isolation, Milliseconds timeout, const Deadline& deadline);

  bool lost() const { return handle_ == nullptr; }
  // host:port, as in the settings.
  std::string endpoint() const { return host_ + ":" + port_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Handle = std::unique_ptr<PGconn, Finish>;

  PostgresConnection(Handle handle, std::string host, std::string port, const Cancel& cancel, ReceiveLimit& limit)
      : handle_(std::move(handle)), host_(std::move(host)), port_(std::move(port)), cancel_(&cancel), limit_(&limit) {}
  friend class PostgresConnector;

  Result<Table> answer(bool sent, const Patience& patience, Timing* timing);
  std::optional<Error> send_all(const Deadline& deadline);
  // Reads until libpq has a result, or everything. The error is one that ends the connection.
  std::optional<Error> await(const Patience& patience, bool& cancel_sent);
  void ask_server_to_cancel();
  bool cancel_has_ended(const Deadline& deadline);
  Error error() const;
  std::unexpected<Error> lose(Error error);

  Handle handle_;
  std::string host_, port_;
  const Cancel* cancel_;
  ReceiveLimit* limit_;
};

}  // namespace gateway
