#include "ask/postgres.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "ask/sql_error.hpp"
#include "base/text.hpp"

namespace gateway {
namespace {

using ResultHandle = std::unique_ptr<PGresult, decltype([](PGresult* r) { PQclear(r); })>;

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
constexpr std::size_t answer_cap = std::size_t{64} << 20;

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
    for (int c = 0; c < PQnfields(result); ++c) bytes += static_cast<std::size_t>(PQgetlength(result, r, c)) + sizeof(Value);
  }
  return bytes;
}

SqlRequest plain(std::string sql) { return {std::move(sql), {}}; }

}  // namespace

Error Postgres::connection_error(const PGconn* connection) const {
  return gateway::connection_error(PQerrorMessage(connection), settings_.host, settings_.port);
}

std::optional<Error> Postgres::connect_to(const Address* address, const Deadline& deadline) {
  const auto endpoint = settings_.host + ":" + settings_.port;
  const auto timeout = std::min<std::int64_t>(settings_.pace.timeout.count(), INT32_MAX / 2);  // the server's settings are of 32 bits
  const auto options = fmt::format(
      "-c default_transaction_read_only=on -c TimeZone=UTC -c jit=off -c statement_timeout={} -c lock_timeout={} "
      "-c idle_in_transaction_session_timeout={}",
      timeout, std::min<std::int64_t>(500, std::max<std::int64_t>(1, timeout / 4)), 2 * timeout);
  const auto ip = address == nullptr ? std::string() : address->text();
  const std::vector<std::pair<const char*, std::string>> pairs{{"host", settings_.host},
                                                               {"hostaddr", ip},
                                                               {"port", settings_.port},
                                                               {"dbname", settings_.database},
                                                               {"user", settings_.user},
                                                               {"password", settings_.password},
                                                               {"sslmode", settings_.sslmode},
                                                               {"sslrootcert", settings_.sslrootcert},
                                                               {"application_name", "cache-gateway"},
                                                               {"client_encoding", "UTF8"},
                                                               {"options", options},
                                                               {"gssencmode", "disable"}};
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : pairs) {
    if (value.empty()) continue;
    keys.push_back(key);
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  Connection connection(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!connection) return Error{ErrorClass::other, endpoint + ": out of memory"};
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  auto state = PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wait_for(PQsocket(connection.get()), events, deadline, cancel_) != Wake::ready) {
      return Error{ErrorClass::timeout, fmt::format("{} ({}): no answer while connecting", endpoint, ip)};
    }
    state = PQconnectPoll(connection.get());
  }
  if (state != PGRES_POLLING_OK) return connection_error(connection.get());
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection.get(), 1);
  // The server's notices are its own business; libpq would print them to standard error.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  connection_ = std::move(connection);
  return std::nullopt;
}

std::optional<Error> Postgres::connect(const Deadline& deadline) {
  must_probe_ = true;
  std::optional<Error> error;
  if (settings_.host.starts_with('/')) {
    error = connect_to(nullptr, deadline);
  } else {
    const auto addresses = resolve(settings_.host, settings_.port);
    if (!addresses) return addresses.error();
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      error = connect_to(&(*addresses)[i], Deadline(share(deadline, addresses->size() - i)));
      if (!error || cancel_.is_set() || deadline.passed()) break;
    }
  }
  if (error) return error;
  auto identity = query(plain("SELECT (SELECT system_identifier::text FROM pg_control_system()) || '/' || current_database()"), deadline);
  if (!identity && identity.error().kind == ErrorClass::auth) identity = query(plain("SELECT '/' || current_database()"), deadline);
  if (!identity) return identity.error();
  if (identity->rows.size() != 1 || identity->columns.size() != 1) {
    return Error{ErrorClass::malformed, fmt::format("{}:{}: does not answer as PostgreSQL does", settings_.host, settings_.port)};
  }
  identity_ = text(identity->rows[0][0]).value_or("");
  return std::nullopt;
}

Result<Table> Postgres::query(const SqlRequest& request, const Deadline& deadline, Timing* timing) {
  const auto lost = [&](Error error) -> Result<Table> {
    connection_.reset();
    return std::unexpected(std::move(error));
  };
  if (!connection_) return failure(ErrorClass::closed, "the connection was lost");
  std::vector<const char*> parameters;
  for (const auto& p : request.parameters) parameters.push_back(p ? p->c_str() : nullptr);
  auto* const c = connection_.get();
  const auto start = Clock::now();
  if (PQsendQueryParams(c, request.sql.c_str(), static_cast<int>(parameters.size()), nullptr, parameters.data(), nullptr, nullptr, 0) ==
      0) {
    return lost(connection_error(c));
  }
  PQsetSingleRowMode(c);  // libpq would gather all rows before we could say that they are too many
  const auto no_answer = Error{ErrorClass::timeout, fmt::format("{}:{}: no answer in time", settings_.host, settings_.port)};
  for (int left = PQflush(c); left != 0; left = PQflush(c)) {
    if (left < 0) return lost(connection_error(c));
    if (wait_for(PQsocket(c), POLLIN | POLLOUT, deadline, cancel_) != Wake::ready) return lost(no_answer);
    if (PQconsumeInput(c) == 0) return lost(connection_error(c));
  }
  std::optional<Clock::time_point> first_byte;
  Result<Table> answer = Table{};
  std::size_t bytes = 0;
  for (;;) {
    while (PQisBusy(c) != 0) {
      if (wait_for(PQsocket(c), POLLIN, deadline, cancel_) != Wake::ready) return lost(no_answer);
      if (!first_byte) first_byte = Clock::now();
      if (PQconsumeInput(c) == 0) return lost(connection_error(c));
    }
    const ResultHandle result(PQgetResult(c));
    if (!result) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) {
      bytes += bytes_of(result.get());
      if (bytes > answer_cap) {
        return lost({ErrorClass::too_large,
                     fmt::format("{}:{}: an answer is larger than {} MiB", settings_.host, settings_.port, answer_cap >> 20)});
      }
      if (!answer) continue;
      if (answer->columns.empty()) answer->columns = columns_of(result.get());
      for (int r = 0; r < PQntuples(result.get()); ++r) answer->rows.push_back(row_of(result.get(), r));
    } else if (status != PGRES_COMMAND_OK) {
      const char* sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
      // libpq makes up a result without SQLSTATE when the connection breaks.
      answer = std::unexpected(sqlstate == nullptr ? connection_error(c) : sql_error(sqlstate, message == nullptr ? "" : message));
    }
  }
  if (PQstatus(c) == CONNECTION_BAD) {
    if (answer) answer = std::unexpected(connection_error(c));
    connection_.reset();
  }
  if (timing != nullptr) {
    const auto ms = [](auto from, auto to) { return std::chrono::duration<double, std::milli>(to - from).count(); };
    timing->wait_ms = timing->wait_ms.value_or(0) + ms(start, first_byte.value_or(Clock::now()));
    timing->read_ms = timing->read_ms.value_or(0) + ms(first_byte.value_or(Clock::now()), Clock::now());
  }
  return answer;
}

// pg_attribute and not information_schema, which hides what the role may not read.
std::optional<Error> Postgres::probe(const Deadline& deadline) {
  const auto found =
      query(plain("SELECT c.relname::text, a.attname::text, has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable, "
                  "format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS type "
                  "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid "
                  "WHERE c.relkind IN ('r','p','v','m','f') AND pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped "
                  "AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"),
            deadline);
  if (!found) return found.error();
  catalogue_.tables.clear();
  for (std::size_t i = 0; i < found->rows.size(); ++i) {
    using enum Catalogue::Access;
    const auto& row = found->rows[i];
    if (row.size() != 4)
      return Error{ErrorClass::malformed, fmt::format("{}:{}: does not answer what was asked", settings_.host, settings_.port)};
    catalogue_.tables[text(row.at(0)).value_or("")][text(row.at(1)).value_or("")] = {integer(row.at(2)) == 1 ? readable : forbidden,
                                                                                     text(row.at(3)).value_or("")};
  }
  must_probe_ = false;
  probed_at_ = Clock::now();
  return std::nullopt;
}

Result<Batch> Postgres::collect(Job& job, const Deadline& deadline, Outcome& outcome) {
  job.prior.catalogue = &catalogue_;
  const auto requests = job.source->ask(job.prior);
  if (!requests) return std::unexpected(requests.error());
  std::vector<Answer> answers;
  for (const auto& request : *requests) {
    ++outcome.requests;
    auto answer = query(std::get<SqlRequest>(request), deadline, &outcome.timing);
    if (!answer) return std::unexpected(answer.error());
    answers.emplace_back(std::move(*answer));
  }
  return parsed(job, answers, settings_.host + ":" + settings_.port, outcome.timing);
}

std::vector<Outcome> Postgres::attempt(std::span<Job> jobs, const Deadline& deadline) {
  cancel_.reset();
  std::vector<Outcome> outcomes;
  std::optional<Error> broken;  // what ended the attempt for all that follow
  const auto run = [&](Job& job, const std::function<Result<Batch>(Outcome&)>& work) {
    Outcome outcome{.source = job.source->name, .sent_at = unix_now(), .requests = 0, .timing = {}, .result = Batch{}};
    const auto start = Clock::now();
    outcome.result = broken ? Result<Batch>(std::unexpected(*broken)) : work(outcome);
    outcome.timing.duration_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (!outcome.result && !broken && !connection_) broken = outcome.result.error();
    outcomes.push_back(std::move(outcome));
  };
  bool in_transaction = false;
  for (auto& job : jobs) {
    run(job, [&](Outcome& outcome) -> Result<Batch> {
      // A connection that died since the last attempt is no news about the server: try a new one at once.
      const bool reused = connection_ != nullptr;
      if (!connection_) {
        const auto start = Clock::now();
        const auto error = connect(deadline);
        outcome.timing.connect_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
        if (error) {
          connection_.reset();
          return std::unexpected(*error);
        }
      }
      if (job.source->judged_alone) {
        auto batch = collect(job, deadline, outcome);
        if (!batch && !connection_ && reused && !deadline.passed()) {
          if (const auto error = connect(deadline)) {
            connection_.reset();
            return std::unexpected(*error);
          }
          batch = collect(job, deadline, outcome);
        }
        return batch;
      }
      if (!in_transaction) {
        const auto begun = query(plain("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), deadline);
        if (!begun) return std::unexpected(begun.error());
        in_transaction = true;
        if (must_probe_ || Clock::now() - probed_at_ > std::chrono::minutes(10)) {
          if (const auto error = probe(deadline)) {
            connection_.reset();
            return std::unexpected(*error);
          }
        }
      }
      if (const auto mark = query(plain("SAVEPOINT dataset"), deadline); !mark) return std::unexpected(mark.error());
      auto batch = collect(job, deadline, outcome);
      if (!connection_) return batch;
      if (!batch) {
        must_probe_ |= batch.error().kind == ErrorClass::missing || batch.error().kind == ErrorClass::auth;
        if (const auto back = query(plain("ROLLBACK TO SAVEPOINT dataset"), deadline); !back) return std::unexpected(back.error());
      }
      return batch;
    });
  }
  if (in_transaction && connection_) {
    if (!query(plain("COMMIT"), deadline)) connection_.reset();
  }
  return outcomes;
}

}  // namespace gateway
