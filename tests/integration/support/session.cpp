#include "session.hpp"

#include <libpq-fe.h>

#include <stdexcept>

namespace integration {

struct Session::Connection {
  PGconn* handle;
  explicit Connection(const std::string& words) : handle(PQconnectdb(words.c_str())) {}
  ~Connection() { PQfinish(handle); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
};

Session::Session(const std::string& connection) : connection_(std::make_unique<Connection>(connection)) {
  if (PQstatus(connection_->handle) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_->handle));
  PQsetNoticeReceiver(connection_->handle, [](void*, const PGresult*) {}, nullptr);
}

Session::~Session() = default;

std::string Session::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_->handle, sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(PQresultErrorMessage(result.get()));
  std::string text;
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    if (r > 0) text += '\n';
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      if (c > 0) text += '|';
      text += PQgetisnull(result.get(), r, c) != 0 ? "NULL" : PQgetvalue(result.get(), r, c);
    }
  }
  return text;
}

}  // namespace integration
