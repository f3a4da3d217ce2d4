// A store that has begun with some sources, is told how their attempts ended, and is read at a time of the test's
// choosing: a published copy is opened as a reader does, with unixepoch() answering that time. Nothing waits for a clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/store.hpp"
#include "support.hpp"

namespace gateway {

// A source of no subject: it is only told to succeed or to fail. Its upstream is the name up to the point.
Source bare_source(const std::string& name);
// The same for NAME.health, with the failures of a real one.
Source bare_health(const std::string& service);

class Cache {
 public:
  static constexpr std::int64_t started = 1'764'583'200;  // 2025-12-01 10:00:00
  static constexpr std::int64_t stale_after = 30;
  static constexpr std::int64_t backoff_cap = 60;

  explicit Cache(std::vector<Source> sources, std::int64_t now = started);

  Store& store() { return store_; }
  const std::vector<SourceSetup>& setups() const { return setups_; }
  RunStart run_at(std::int64_t now) const;
  Retention& retention() { return settings_.retention; }  // counts from the next start on

  // One attempt at an upstream of a single source. Returns what the store made of it.
  std::optional<Error> succeed(const std::string& source, std::int64_t at, Batch batch = {});
  void fail(const std::string& source, std::int64_t at, const Error& error, double failing_for_s = 0);
  // One attempt at an upstream of several sources.
  std::vector<std::optional<Error>> apply(const std::vector<Outcome>& outcomes, int failures_for_outage = 2);
  // Starts again, as a restarted gateway does with the file it left.
  void begin_again(std::int64_t now);
  // Stamps the store as published at that time.
  void publish(std::int64_t at);

  Table read(const std::string& sql, std::int64_t now);
  // The first column of the first row; NULL when there is none.
  Value value(const std::string& sql, std::int64_t now);

 private:
  std::vector<Source> sources_;
  Settings settings_;
  std::vector<SourceSetup> setups_;
  Store store_;
  TemporaryDirectory directory_;
};

Outcome success_of(const std::string& source, std::int64_t at, Batch batch = {});
Outcome failure_of(const std::string& source, std::int64_t at, const Error& error);

// Any SQL on a published file at a chosen time.
Table read_at(const std::filesystem::path& file, const std::string& sql, std::int64_t now);

}  // namespace gateway
