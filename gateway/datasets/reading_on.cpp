#include "datasets/reading_on.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/cursor.hpp"

namespace gateway {
namespace {

constexpr std::int64_t pass_after_s = 600;

}  // namespace

bool pass_begins(const Value& passed_at, std::int64_t now, bool is_on) {
  const auto before = integer(passed_at);
  return !before || now < *before || (!is_on && now - *before > pass_after_s);
}

std::vector<std::string> reading_on_state(const HeldRows& held) {
  std::vector<std::string> names{"at", "at_id", "read_at", "watermark", "in_burst", "step", "passed_at", "check_from"};
  names.insert(names.end(), held.cursors.begin(), held.cursors.end());
  return {read_cursors(held.source, names),
          fmt::format("SELECT (SELECT {0} FROM {1} WHERE {2} ORDER BY {0} DESC LIMIT 1) AS newest, {3} AS failures", held.time, held.table,
                      held.where, StepSize::failures_sql(held.source)),
          fmt::format("SELECT {0} FROM {1} WHERE {2} AND {0} > (SELECT value FROM cursor WHERE source = '{3}' AND name = 'check_from') "
                      "ORDER BY {0} LIMIT {4}",
                      held.key, held.table, held.where, held.source, HeldRows::checked_at_once)};
}

ReadingOn::ReadingOn(const HeldRows& held, const PriorState& prior, std::int64_t largest_step)
    : step(prior.tables.at(0).at(0, "step"), prior.tables.at(1).at(0, "failures"), largest_step),
      held_(held),
      cursors_(prior.tables.at(0)) {
  const auto& state = prior.tables.at(1);
  if (const auto time = number(cursor("at"))) {
    at = {.place = {*time, text_of(cursor("at_id"))},
          .at = number(cursor("read_at")).value_or(*time),
          .in_burst = !is_null(cursor("in_burst"))};
    first = false;
  } else if (const auto watermark = number(cursor("watermark"))) {  // of the version before
    at = {.place = {*watermark, ""}, .at = *watermark};
    first = false;
  }
  newest_held = number(state.at(0, "newest"));
  const bool is_on = !is_null(cursor(held.pass));
  pass_begins = gateway::pass_begins(cursor("passed_at"), prior.now, is_on);
  passing = is_on || pass_begins;
  checking_ = !is_null(cursor("check_from"));
  for (const auto& row : prior.tables.at(2).rows) keys.push_back(text_of(row.at(0)));
}

void ReadingOn::keep(Batch& batch, const std::string& name, Value value) const {
  batch.writes.push_back(write_cursor(held_.source, name, std::move(value)));
}

void ReadingOn::take(Batch& batch, Table rows) const {
  batch.rows += std::ssize(rows.rows);
  batch.writes.push_back(
      {.table = held_.table, .mode = Mode::upsert, .columns = std::move(rows.columns), .rows = std::move(rows.rows), .scope = {}});
}

void ReadingOn::take_held(Batch& batch, const std::vector<std::string>& asked, Table rows) const {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) found.push_back(text_of(rows.at(i, held_.key)));
  std::ranges::sort(found);
  Write gone{.table = held_.table, .mode = Mode::erase, .columns = {held_.key}, .rows = {}, .scope = {}};
  for (const auto& key : asked) {
    if (!std::ranges::binary_search(found, key)) gone.rows.push_back({key});
  }
  take(batch, std::move(rows));
  batch.writes.push_back(std::move(gone));
  if (!checking_) return;
  const bool further = std::ssize(keys) >= HeldRows::checked_at_once;
  keep(batch, "check_from", further ? Value{keys.back()} : Value{});
}

void ReadingOn::go_on(Batch& batch, const Head& head, const Table* onward) const {
  auto place = first ? Place{head.newest.value_or(0), ""} : at.place;
  if (onward != nullptr) {
    auto read = onward_of(*onward, step.rows(), head.now);
    if (read.last) place = *read.last;
    batch.more |= read.full;
    keep(batch, "in_burst", read.full ? Value{std::int64_t{1}} : Value{});
    take(batch, std::move(read.rows));
  }
  // The database's clock was set back.
  if (head.now && place.time > *head.now + allowed_ahead_s + 1) place = {head.newest.value_or(0), ""};
  keep(batch, "at", place.time);
  keep(batch, "read_at", maybe(head.now));
  keep(batch, "at_id", place.id.empty() ? Value{} : Value{place.id});
  if (step.shortened()) keep(batch, "step", step.rows());
  if (!has_shrunk(newest_held, head) || pass_begins) return;
  if (!checking_) {
    keep(batch, "passed_at", {});
    keep(batch, "check_from", std::string());
  }
  batch.more = true;
  batch.answered = false;
}

void ReadingOn::note_begin_of_pass(Batch& batch, std::int64_t now) const {
  keep(batch, "passed_at", now);
  if (!first && !checking_) keep(batch, "check_from", std::string());
  if (!step.shortened()) keep(batch, "step", step.larger());
}

}  // namespace gateway
