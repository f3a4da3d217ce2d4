// A source: one dataset, asked for in one piece. It is data plus pure functions, so that a test can run it on recorded
// answers and a newcomer can read it in one go. Adapters (http, postgres) know how to ask; the store knows how to keep.
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

// Columns the read-only role sees of a table; a column it may not read is `forbidden`, an absent one is not listed.
struct Catalogue {
  enum class Access { readable, forbidden };
  struct Column {
    Access access = Access::readable;
    std::string type;  // as SQL names it, without a length; a domain's base type. Empty: not known

    Column() = default;
    Column(Access given, std::string its_type = {}) : access(given), type(std::move(its_type)) {}
  };
  std::map<std::string, std::map<std::string, Column>> tables;
  // Tables that exist and cannot be read as they should, with the reason and the remedy. They are not among `tables`.
  std::map<std::string, std::string> refused;
};

// What is already known when a source decides what to ask. A value: read on the loop thread, used in a pool thread.
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
  // Both run in the upstream's pool thread, touch nothing but their arguments, and report faults as a Result.
  std::function<Result<std::vector<Request>>(const PriorState&)> ask;
  std::function<Result<Batch>(const PriorState&, std::span<const Answer>)> parse;
  // What a failure itself tells (a refusal is an observation, a missed poll is a gap). Pure; may be empty.
  std::function<Batch(const PriorState&, const Error&)> failed;
};

struct Pace {
  Milliseconds interval{}, timeout{}, stale_after{};
};

struct SourceSetup {
  const Source* source = nullptr;
  Pace pace;
};

// One attempt's times in milliseconds; absent where the phase did not happen.
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
  std::string note = {};  // what an operator should know although the source answers; empty: nothing
};

}  // namespace gateway
