// One source, its real adapter, its real store: asked while all is well, then of a hostile upstream, then when all is well
// again. The deadline is watched as the scheduler does it: whoever is late is cancelled until he is back.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "answers.hpp"
#include "ask/http.hpp"
#include "cache/store.hpp"

namespace hostile {

inline const std::string api_key = "api-key-s3cr3t";
inline const std::string password = "password-s3cr3t";

// Many more than by default, so that other bounds are reached.
constexpr std::int64_t allowed_queues = 100'000;

const std::vector<gateway::Source>& sources();

// What is kept: the rows of the tables that a source writes, but for what a failure itself tells.
struct Held {
  std::string rows;
  std::int64_t count = 0;
  bool operator==(const Held&) const = default;
};

class Trial {
 public:
  Trial(const std::string& source, RawServer& server);

  // One attempt, given to the store as the scheduler does.
  gateway::Outcome attempt(gateway::Milliseconds deadline);
  // nullopt, or why the store refused it.
  const std::optional<gateway::Error>& stored() const { return stored_; }
  bool was_cancelled() const { return was_cancelled_; }
  Held held() const;
  const gateway::Store& store() const { return store_; }

 private:
  const gateway::Source& source_;
  std::vector<gateway::SourceSetup> setups_;
  gateway::Store store_;
  std::unique_ptr<gateway::HttpUpstream> upstream_;
  std::optional<gateway::Error> stored_;
  bool was_cancelled_ = false;
};

// The class, or "rows".
std::string class_of(const gateway::Outcome& outcome);

// An error's text names where it happened, is one clean line, and shows neither content nor a secret.
::testing::AssertionResult is_discreet(const gateway::Error& error);

// The most memory this process ever had, in MiB; can be begun anew.
void begin_peak_memory();
double peak_memory_mib();

}  // namespace hostile
