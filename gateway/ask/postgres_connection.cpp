#include "ask/postgres_connection.hpp"

#include <fmt/format.h>

#include <thread>

#include "ask/postgres_answer.hpp"
#include "ask/sql_error.hpp"

namespace gateway {
namespace {

std::atomic<bool> cancelling{false};  // a request to cancel is under way, in a thread of its own

}  // namespace

Error PostgresConnection::error() const {
  if (limit_->exceeded()) {
    return {ErrorClass::too_large, fmt::format("{}: an answer is larger than {} MiB", endpoint(), answer_cap >> 20)};
  }
  return connection_error(PQerrorMessage(handle_.get()), host_, port_);
}

std::unexpected<Error> PostgresConnection::lose(Error error) {
  limit_->rest();
  handle_.reset();
  return std::unexpected(std::move(error));
}

Result<Table> PostgresConnection::query(const SqlRequest& request, const Patience& patience, Timing* timing) {
  if (lost()) return failure(ErrorClass::closed, endpoint() + ": the connection was lost");
  std::vector<const char*> parameters;
  for (const auto& p : request.parameters) parameters.push_back(p ? p->c_str() : nullptr);
  const int sent = PQsendQueryParams(handle_.get(), request.sql.c_str(), static_cast<int>(parameters.size()), nullptr, parameters.data(),
                                     nullptr, nullptr, 0);
  return answer(sent == 1, patience, timing);
}

Result<Table> PostgresConnection::run(const std::string& statements, const Deadline& deadline) {
  if (lost()) return failure(ErrorClass::closed, endpoint() + ": the connection was lost");
  return answer(PQsendQuery(handle_.get(), statements.c_str()) == 1, deadline, nullptr);
}

Result<Table> PostgresConnection::begin(const char* isolation, Milliseconds timeout, const Deadline& deadline) {
  const auto ms = std::clamp<std::int64_t>(timeout.count(), 1, INT32_MAX / 2);  // the server's settings are of 32 bits
  return run(fmt::format("BEGIN ISOLATION LEVEL {} READ ONLY; SET LOCAL TimeZone = 'UTC'; SET LOCAL standard_conforming_strings = on; "
                         "SET LOCAL jit = off; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; "
                         "SET LOCAL idle_in_transaction_session_timeout = {}",
                         isolation, ms, std::clamp<std::int64_t>(ms / 4, 1, 500), 2 * ms),
             deadline);
}

Result<Table> PostgresConnection::answer(bool sent, const Patience& patience, Timing* timing) {
  auto* const c = handle_.get();
  if (!sent) return lose(error());
  PQsetSingleRowMode(c);  // libpq would gather all rows before we could say that they are too many
  if (!limit_->watch(PQsocket(c), answer_cap)) {
    return lose({ErrorClass::other, endpoint() + ": no file descriptor is left to watch the connection with"});
  }
  const auto start = Clock::now();
  if (auto broken = send_all(patience.give_up)) return lose(std::move(*broken));
  std::optional<Clock::time_point> first_result;
  PostgresAnswer answer;
  bool cancel_sent = false;
  for (;;) {
    if (auto broken = await(patience, cancel_sent)) return lose(std::move(*broken));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(c), &PQclear);
    // A server answers every statement with something.
    if (!result && !first_result) return lose({ErrorClass::malformed, endpoint() + ": not a valid PostgreSQL response"});
    if (!first_result) first_result = Clock::now();
    if (!result) break;
    if (!answer.take(result.get(), c, host_, port_)) return lose(std::move(answer).result().error());
  }
  if (cancel_sent && !cancel_has_ended(patience.give_up)) return lose({ErrorClass::timeout, endpoint() + ": no answer in time"});
  limit_->rest();
  auto rows = std::move(answer).result();
  if (PQstatus(c) == CONNECTION_BAD || limit_->exceeded()) {
    if (rows || limit_->exceeded()) rows = std::unexpected(error());
    handle_.reset();
  }
  if (timing != nullptr) {
    const auto ms = [](auto from, auto to) { return std::chrono::duration<double, std::milli>(to - from).count(); };
    timing->wait_ms = timing->wait_ms.value_or(0) + ms(start, *first_result);
    timing->read_ms = timing->read_ms.value_or(0) + ms(*first_result, Clock::now());
  }
  return rows;
}

std::optional<Error> PostgresConnection::send_all(const Deadline& deadline) {
  auto* const c = handle_.get();
  for (int left = PQflush(c); left != 0; left = PQflush(c)) {
    if (left < 0) return error();
    if (wait_for(PQsocket(c), POLLIN | POLLOUT, deadline, *cancel_) != Wake::ready) {
      return Error{ErrorClass::timeout, endpoint() + ": no answer in time"};
    }
    if (PQconsumeInput(c) == 0) return error();
  }
  return std::nullopt;
}

std::optional<Error> PostgresConnection::await(const Patience& patience, bool& cancel_sent) {
  auto* const c = handle_.get();
  while (PQisBusy(c) != 0) {
    const auto wake = wait_for(PQsocket(c), POLLIN, cancel_sent ? patience.give_up : patience.cancel, *cancel_);
    if (wake == Wake::timeout && !cancel_sent && !patience.give_up.passed()) {
      ask_server_to_cancel();
      cancel_sent = true;
      continue;
    }
    if (wake != Wake::ready) return Error{ErrorClass::timeout, endpoint() + ": no answer in time"};
    if (PQconsumeInput(c) == 0) return error();
    // Nobody listens to any channel; libpq would keep them all.
    while (PGnotify* const unwanted = PQnotifies(c)) PQfreemem(unwanted);
  }
  return std::nullopt;
}

// The server may have answered by itself just before: until the request to cancel has reached it, it would hit the next statement.
bool PostgresConnection::cancel_has_ended(const Deadline& deadline) {
  constexpr auto look_again = Milliseconds{2};
  while (cancelling && !deadline.passed() && !cancel_->is_set()) std::this_thread::sleep_for(look_again);
  return !cancelling;
}

// PQcancel blocks, for ever where the server is stopped. So it runs in a thread of its own, at most one in the process: a
// second server that needs it meanwhile loses its connection instead.
void PostgresConnection::ask_server_to_cancel() {
  if (cancelling.exchange(true)) return;
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> request(PQgetCancel(handle_.get()), &PQfreeCancel);
  try {
    std::thread([request = std::move(request)] {
      char ignored[256];
      if (request) PQcancel(request.get(), ignored, sizeof ignored);
      cancelling = false;
    }).detach();
  } catch (const std::exception&) {  // no thread left: the connection is given up in time
    cancelling = false;
  }
}

}  // namespace gateway
