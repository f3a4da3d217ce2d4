// All sources of PostgreSQL through the real adapter into a real store; the deadline is watched as the scheduler does it.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "ask/postgres.hpp"
#include "cache/store.hpp"

namespace hostile {

class PostgresTrial {
 public:
  explicit PostgresTrial(const decltype(gateway::Settings::postgres)& settings);

  // One attempt at all sources, given to the store.
  void attempt(gateway::Milliseconds deadline = std::chrono::seconds(60));
  // Attempts until no source has more to ask.
  void attempt_all();
  // Our clock goes on: what is done every ten minutes is due.
  void later(std::int64_t seconds) { later_s_ += seconds; }
  // Attempts over which a slow pass through any table is over.
  void pass();

  // The class of each source after the last attempt, "rows" where there was none; a refusal by the store counts.
  const std::map<std::string, std::string>& classes() const { return classes_; }
  const std::vector<gateway::Error>& errors() const { return errors_; }
  bool more() const { return more_; }
  // The answer as text: cells joined by `|`, rows by line breaks.
  std::string read(const std::string& sql) const;
  // What an operator is told of a source that answers.
  std::string note(const std::string& source) const;

 private:
  std::vector<gateway::SourceSetup> setups_;
  gateway::Store store_;
  gateway::Postgres upstream_;
  std::map<std::string, std::string> classes_;
  std::vector<gateway::Error> errors_;
  bool more_ = false;
  std::int64_t later_s_ = 0;
};

// Every source answered.
::testing::AssertionResult all_rows(const PostgresTrial& trial);
// Every view can be read, and none shows a number that is none.
::testing::AssertionResult views_are_sound(const PostgresTrial& trial);

}  // namespace hostile
