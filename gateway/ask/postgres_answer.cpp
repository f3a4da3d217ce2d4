#include "ask/postgres_answer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "ask/sql_error.hpp"
#include "base/text.hpp"

namespace gateway {
namespace {

// Object ids of PostgreSQL's built-in types, fixed for ever (pg_type.dat).
enum Oid_ : Oid {
  bool_oid = 16,
  int8_oid = 20,
  int2_oid = 21,
  int4_oid = 23,
  oid_oid = 26,
  float4_oid = 700,
  float8_oid = 701,
  numeric_oid = 1700
};

constexpr std::size_t longest_text = 4096 * std::size_t{4};  // characters of at most four bytes
constexpr std::size_t row_costs = 64;                        // also one without columns

// The text form of a value to ours. NaN and the infinities are numbers that no panel can show: not available.
Value converted(Oid type, std::string_view text) {
  switch (type) {
    case bool_oid: return flag(text == "t");
    case int2_oid:
    case int4_oid:
    case int8_oid:
    case oid_oid: {
      std::int64_t value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
    case float4_oid:
    case float8_oid:
    case numeric_oid: {
      double value = 0;
      const auto [_, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || !std::isfinite(value)) return {};
      return value;
    }
    default:
      // No more than a panel shows, and cut before it is cleaned, which makes it longer.
      return shortened(clean_utf8(text.substr(0, longest_text + 4)), longest_text);
  }
}

Row row_of(const PGresult* result, int r) {
  Row row;
  const int columns = PQnfields(result);
  row.reserve(static_cast<std::size_t>(columns));
  for (int c = 0; c < columns; ++c) {
    if (PQgetisnull(result, r, c) != 0) {
      row.emplace_back();
    } else {
      row.push_back(converted(PQftype(result, c), {PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c))}));
    }
  }
  return row;
}

std::vector<std::string> columns_of(const PGresult* result) {
  std::vector<std::string> columns;
  for (int c = 0; c < PQnfields(result); ++c) columns.emplace_back(PQfname(result, c));
  return columns;
}

std::size_t bytes_of(const PGresult* result) {
  std::size_t bytes = 0;
  for (int r = 0; r < PQntuples(result); ++r) {
    bytes += row_costs;
    for (int c = 0; c < PQnfields(result); ++c) bytes += static_cast<std::size_t>(PQgetlength(result, r, c)) + sizeof(Value);
  }
  return bytes;
}

}  // namespace

bool PostgresAnswer::take(const PGresult* result, const PGconn* connection, const std::string& host, const std::string& port) {
  const auto status = PQresultStatus(result);
  switch (status) {
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
      bytes_ += bytes_of(result);
      if (bytes_ > answer_cap) {
        answer_ = failure(ErrorClass::too_large, fmt::format("{}:{}: an answer is larger than {} MiB", host, port, answer_cap >> 20));
        return false;
      }
      if (!answer_) return true;
      if (!begun_) *answer_ = {.columns = columns_of(result), .rows = {}};
      for (int r = 0; r < PQntuples(result); ++r) answer_->rows.push_back(row_of(result, r));
      begun_ = status == PGRES_SINGLE_TUPLE;
      return true;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: return true;
    case PGRES_FATAL_ERROR:
    case PGRES_NONFATAL_ERROR: break;
    default:  // COPY and the like: nobody has asked for it, and libpq would give it again and again
      answer_ = failure(ErrorClass::malformed, fmt::format("{}:{}: the answer does not match the query", host, port));
      return false;
  }
  if (!answer_) return true;
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  // libpq makes up a result without SQLSTATE when the connection breaks.
  answer_ = std::unexpected(sqlstate == nullptr ? connection_error(PQerrorMessage(connection), host, port)
                                                : sql_error(sqlstate, message == nullptr ? "" : message));
  return true;
}

}  // namespace gateway
