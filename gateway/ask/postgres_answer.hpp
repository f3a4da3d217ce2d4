// What libpq gives for one statement or several, as rows of ours. Bounded: a peer that answers without an end fills no memory.
#pragma once

#include <libpq-fe.h>

#include <cstddef>

#include "base/error.hpp"
#include "base/rows.hpp"

namespace gateway {

// An answer may take so much, on the wire and as rows.
inline constexpr std::size_t answer_cap = std::size_t{16} << 20;

// Gathers the results of one round trip, in their order. Only the last statement that gives rows counts.
class PostgresAnswer {
 public:
  // False: nothing more is wanted, and the connection with what may follow is of no use any more; error() says why.
  bool take(const PGresult* result, const PGconn* connection, const std::string& host, const std::string& port);

  // The rows, or the first error.
  Result<Table> result() && { return std::move(answer_); }

 private:
  Result<Table> answer_ = Table{};
  std::size_t bytes_ = 0;
  bool begun_ = false;  // rows of the current statement were seen
};

}  // namespace gateway
