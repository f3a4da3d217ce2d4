// A source: one dataset that is queried as a unit. It consists of data and pure functions, so tests can run it on recorded
// answers. Adapters (http, postgres) do the I/O; the store keeps the rows.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/deadline.hpp"
#include "base/error.hpp"
#include "base/rows.hpp"

namespace gateway {

// The columns of a table as the read-only role sees them; one it may not read is `forbidden`, an absent one is not listed.
struct Catalogue {
  enum class Access { readable, forbidden };
  struct Column {
    Access access = Access::readable;
    std::string type;  // as SQL names it, without a length; a domain's base type. Empty: not known

    Column() = default;
    Column(Access given, std::string its_type = {}) : access(given), type(std::move(its_type)) {}
  };
  std::map<std::string, std::map<std::string, Column>> tables;
  // Tables that exist but cannot be read properly, with the reason and the remedy. They are not in `tables`.
  std::map<std::string, std::string> refused;
};

// The state a source needs to decide what to query. A value: created on the loop thread, used in a pool thread.
struct PriorState {
  std::int64_t now = 0;                  // unix seconds when the attempt starts
  std::vector<Table> tables;             // answers to Source::prior_state_sql, in its order
  const Catalogue* catalogue = nullptr;  // PostgreSQL only; owned by the connection, valid during the attempt
  bool first_sample_counts = false;      // `once` has no second sample to wait for
};

struct HttpRequest {
  std::string target;                           // path and query
  std::size_t body_cap = std::size_t{1} << 20;  // bytes; most answers are a few hundred
};

struct SqlRequest {
  std::string sql;
  std::vector<std::optional<std::string>> parameters;  // text form; nullopt is NULL
  std::string name = {};                               // what it is for, where a source asks several
};

using Request = std::variant<HttpRequest, SqlRequest>;

struct HttpAnswer {
  int status = 0;
  std::string body;
  double latency_ms = 0;
  std::int64_t age_s = 0;                 // how long it had lain in a cache between, as its header Age says
  std::optional<std::int64_t> date = {};  // unix seconds by the peer's clock, as its header Date says
};

// A TCP connection was accepted.
struct ConnectAnswer {
  double latency_ms = 0;
};

using Answer = std::variant<HttpAnswer, Table, ConnectAnswer>;

struct Source {
  std::string name;  // upstream.dataset
  std::string upstream;
  std::vector<std::string> tables;                              // it writes
  std::string row_count_sql;                                    // SQL on the store: how many rows it holds
  std::vector<std::string> prior_state_sql;                     // SQL on the store: what `ask` and `parse` need to know
  bool on = true;                                               // false: not configured, shown as such
  std::vector<std::string> reads = {};                          // PostgreSQL only: every table its SQL may name, optional ones included
  std::optional<Milliseconds> interval = {}, stale_after = {};  // of its own, where it has any: no shorter than its upstream's
  bool in_own_lane = false;  // a dataset of a file, of a built-in upstream: over a connection of its own, so that it delays no built-in one
  bool judged_alone = false;  // PostgreSQL only: outside the datasets' common transaction
  // Both run in the upstream's pool thread, access only their arguments, and return errors as a Result.
  std::function<Result<std::vector<Request>>(const PriorState&)> ask;
  std::function<Result<Batch>(const PriorState&, std::span<const Answer>)> parse;
  // Rows derived from a failure (a refusal is an observation, a missed poll is a gap). Pure; may be empty.
  std::function<Batch(const PriorState&, const Error&)> failed;
};

struct Pace {
  Milliseconds interval{}, timeout{}, stale_after{};
};

struct SourceSetup {
  const Source* source = nullptr;
  Pace pace;
};

// The durations of one attempt in milliseconds; absent for phases that did not happen.
struct Timing {
  double duration_ms = 0;
  std::optional<double> connect_ms, wait_ms, read_ms, parse_ms;
};

struct Outcome {
  std::string source;
  std::int64_t sent_at = 0;  // unix seconds when the request was sent
  std::int64_t requests = 0;
  std::int64_t age_s = 0;  // of the oldest answer when it came: it counts as fetched that much earlier
  Timing timing;
  Result<Batch> result;
  std::string note = {};  // a warning for operators although the source answers; empty: none
};

}  // namespace gateway
