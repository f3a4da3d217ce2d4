// For the tests that go over all sources: what a source knows at first, and the judgement on what it made of an answer.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "cache.hpp"
#include "datasets/datasets.hpp"

namespace gateway {

// `postgres.signals` as a test's name.
std::string registry_name(const ::testing::TestParamInfo<std::size_t>& info);

// As at the very first attempt, on an empty cache.
PriorState first_known(const Source& source, const Catalogue* catalogue);

// Feeds answers to sources and judges what comes back: an error with a clean, short text that shows no content, or a
// batch of clean values for the source's own tables that a real store accepts. Never an exception.
class SourceCheck {
 public:
  // Content is recognised by this word: no error may contain it.
  static constexpr const char* secret = "s3cr3t";

  enum class RejectedRowIs { a_fault, an_error };  // an_error: values that the database's own constraints rule out

  explicit SourceCheck(const Source& source, RejectedRowIs rejected_row = RejectedRowIs::a_fault)
      : source_(source), rejected_row_(rejected_row), cache_(fixed_sources()) {}

  // nullopt, or what is wrong with what the source did.
  std::optional<std::string> complaint(const PriorState& prior, std::span<const Answer> answers);
  int batches() const { return batches_; }
  int errors() const { return errors_; }

 private:
  std::optional<std::string> of_error(const Error& error) const;
  std::optional<std::string> of_batch(const Batch& batch) const;

  const Source& source_;
  RejectedRowIs rejected_row_;
  Cache cache_;
  int batches_ = 0, errors_ = 0;
};

}  // namespace gateway
