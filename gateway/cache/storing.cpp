#include "cache/storing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cache/event_bound.hpp"
#include "cache/large_batch.hpp"

namespace gateway {
namespace {

Error does_not_fit(const std::exception& e) {
  return {ErrorClass::malformed, fmt::format("an answer does not fit the cache: {}", e.what())};
}

const Source& source_of(const Outcome& outcome, std::span<const SourceSetup> sources) {
  const auto found = std::ranges::find_if(sources, [&](const auto& setup) { return setup.source->name == outcome.source; });
  if (found == sources.end()) throw std::logic_error("outcome of an unknown source " + outcome.source);
  return *found->source;
}

// All of it or nothing.
std::optional<Error> write_whole(Database& database, RowWriter& writer, const Batch& batch) {
  std::optional<Error> rejected;
  database.execute("SAVEPOINT outcome");
  try {
    for (const auto& write : batch.writes) writer.write(write);
  } catch (const std::exception& e) {
    database.reset_statements();
    database.execute("ROLLBACK TO outcome");
    rejected = does_not_fit(e);
  }
  database.execute("RELEASE outcome");
  return rejected;
}

}  // namespace

Storing::Storing(Database& database, RowWriter& writer, std::set<Storing*>& under_way, std::span<const Outcome> outcomes,
                 std::span<const SourceSetup> sources, AttemptReport report)
    : database_(database), writer_(writer), under_way_(under_way), outcomes_(outcomes), report_(std::move(report)) {
  for (const auto& outcome : outcomes) sources_.push_back(&source_of(outcome, sources));
  under_way_.insert(this);
}

Storing::~Storing() { under_way_.erase(this); }

bool Storing::step(Milliseconds budget) {
  const auto until = Clock::now() + budget;
  while (!done_) {
    slice();
    if (Clock::now() >= until) break;
  }
  if (done_) under_way_.erase(this);
  return done_;
}

void Storing::slice() {
  SQLite::Transaction transaction(database_.handle());
  const auto seen_before = writer_.seen_changes();
  if (errors_.size() == outcomes_.size()) {
    record_errors(database_, outcomes_, errors_, report_);
    if (report_.judges_upstream) seen_change_ |= record_outage(database_, outcomes_, report_);
    done_ = true;
  } else if (const auto& outcome = outcomes_[errors_.size()]; large_) {
    if (const auto error = store_slice(); error || !large_) outcome_stored(error);
  } else if (outcome.result && is_large(*outcome.result)) {
    large_ = std::make_unique<LargeBatch>(writer_, *outcome.result);
  } else {
    outcome_stored(store_small(outcome, *sources_[errors_.size()]));
  }
  seen_change_ |= writer_.seen_changes() != seen_before;
  transaction.commit();
}

std::optional<Error> Storing::store_small(const Outcome& outcome, const Source& source) {
  if (outcome.result) return write_whole(database_, writer_, *outcome.result);
  const auto& error = outcome.result.error();
  if (source.failed) write_whole(database_, writer_, source.failed(PriorState{.now = outcome.sent_at, .tables = {}}, error));
  return error;
}

// Ends with `large_` when it was the last slice, or one that does not fit.
std::optional<Error> Storing::store_slice() {
  std::optional<Error> rejected;
  database_.execute("SAVEPOINT slice");
  try {
    const bool writing = !large_->trying();
    if (large_->step()) large_.reset();
    if (writing) {
      trim_events(database_);
      // Bounds hang on a success: with every slice, so that a burst does not outgrow them.
      database_.run("UPDATE source SET last_success_at = last_success_at WHERE source = ?", {outcomes_[errors_.size()].source});
    }
  } catch (const std::exception& e) {
    database_.reset_statements();
    database_.execute("ROLLBACK TO slice");
    rejected = does_not_fit(e);
    large_.reset();
  }
  database_.execute("RELEASE slice");
  return rejected;
}

void Storing::outcome_stored(const std::optional<Error>& error) {
  const auto n = errors_.size();
  seen_change_ |= record_attempt(database_, outcomes_[n], error, *sources_[n], report_);
  errors_.push_back(error);
}

bool Storing::is_large(const Batch& batch) {
  return std::ranges::any_of(batch.writes, [&](const Write& write) {
    if (write.rows.size() > slice_rows) return true;
    if (write.mode != Mode::replace) return false;
    // What a replacement by few rows deletes may be much.
    return integer(database_.query("SELECT count(*) FROM " + write.table).rows.at(0).at(0)).value_or(0) >
           static_cast<std::int64_t>(slice_rows);
  });
}

}  // namespace gateway
