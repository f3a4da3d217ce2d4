#include "cache/history.hpp"

#include "base/text.hpp"

namespace gateway {
namespace {

constexpr std::int64_t series_at_once = 500, runs_at_once = 2000;
constexpr std::int64_t stands = 253402300799;  // the end of a run of queues that has not ended: see queues.sql

std::int64_t whole_seconds(Milliseconds ms) { return std::chrono::ceil<std::chrono::seconds>(ms).count(); }

std::vector<std::pair<std::string, std::string>> names_of(const HistoryTables& tables) {
  std::string columns, values, same;
  for (const auto& [column, value] : tables.values) {
    columns += ", " + column;
    values += ", " + value;
    same += " AND b." + column + " IS " + tables.run + "." + column;
  }
  return {{"poll", tables.poll}, {"run", tables.run},   {"series", tables.series}, {"id", tables.series_id}, {"of", tables.of},
          {"tier", tables.tier}, {"from", tables.from}, {"to", tables.to},         {"columns", columns},     {"values", values},
          {"same", same}};
}

}  // namespace

// ?1 is the coarser tier, ?2 a bucket's time, ?3 its length.
History::History(Database& database, const Retention& retention, const HistoryTables& tables)
    : database_(&database), retention_(&retention), most_runs_(tables.most_runs) {
  const auto names = names_of(tables);
  const auto in = [&](std::string_view pattern) { return filled(pattern, names); };
  sql_.expire = in("DELETE FROM {poll} WHERE tier = 2 AND time < ?");
  sql_.oldest_of = in("SELECT min(time) FROM {poll} WHERE tier = ?");
  sql_.oldest_below = in("SELECT min(time) FROM {poll} WHERE tier < ?");
  sql_.next_series = in("SELECT max({id}) FROM (SELECT {id} FROM {series} WHERE {id} > ? ORDER BY {id} LIMIT ?)");
  // A clock set far back polls into buckets that are rolled: what is there stays.
  sql_.roll =
      in("INSERT INTO {run} ({of}, {tier}, {from}, {to}{columns}) SELECT q.{id}, ?1, ?2, ?2{values} "
         "  FROM {series} q CROSS JOIN {run} r ON r.{of} = q.{id} AND r.{tier} = ?1 - 1 AND r.{from} < ?2 + ?3 AND r.{to} >= ?2 "
         " CROSS JOIN {poll} p ON p.tier = ?1 - 1 AND p.time BETWEEN max(r.{from}, ?2) AND min(r.{to}, ?2 + ?3 - 1) AND p.ok = 1 "
         " WHERE q.{id} > ?4 AND q.{id} <= ?5 GROUP BY q.{id} "
         "HAVING coalesce((SELECT a.{to} FROM {run} a WHERE a.{of} = q.{id} AND a.{tier} = ?1 AND a.{from} <= ?2 "
         "                  ORDER BY a.{from} DESC LIMIT 1), -1) < ?2");
  // A run of buckets that say the same becomes one row.
  sql_.merge =
      in("UPDATE {run} SET {to} = ?2 WHERE {tier} = ?1 AND {to} = ?2 - ?3 AND {of} > ?4 AND {of} <= ?5 "
         "   AND EXISTS (SELECT 1 FROM {run} b WHERE b.{of} = {run}.{of} AND b.{tier} = ?1 AND b.{from} = ?2{same})");
  sql_.drop_merged =
      in("DELETE FROM {run} INDEXED BY {run}_by_end WHERE {tier} = ?1 AND {to} = ?2 AND {of} > ?4 AND {of} <= ?5 AND {from} = ?2 "
         "   AND EXISTS (SELECT 1 FROM {run} a WHERE a.{of} = {run}.{of} AND a.{tier} = ?1 AND a.{from} < ?2 AND a.{to} = ?2)");
  sql_.finish =
      in("INSERT INTO {poll} (tier, time, ok) SELECT ?1, ?2, max(ok) FROM {poll} "
         " WHERE tier = ?1 - 1 AND time >= ?2 AND time < ?2 + ?3 HAVING count(*) > 0 ON CONFLICT DO NOTHING");
  sql_.drop_polls = in("DELETE FROM {poll} WHERE tier = ?1 - 1 AND time < ?2 + ?3");
  sql_.sweep = in(
      "DELETE FROM {run} WHERE ({of}, {tier}, {from}) IN (SELECT {of}, {tier}, {from} FROM {run} WHERE {tier} = ? AND {to} < ? LIMIT ?)");
  sql_.count = in("SELECT count(*) FROM {run}");
  sql_.cut_until = in("SELECT max({to}) FROM (SELECT {to} FROM {run} WHERE {tier} = ? AND {to} < ? ORDER BY {to} LIMIT ?)");
  sql_.cut = in("DELETE FROM {poll} WHERE tier = ? AND time <= ?");
}

std::optional<std::int64_t> History::number_of(const std::string& sql, const Row& parameters) const {
  return integer(database_->query(sql, parameters).rows.at(0).at(0));
}

bool History::step(std::int64_t now) {
  if (bucket_) {
    roll_slice();
    return true;
  }
  database_->run(sql_.expire, {now - whole_seconds(retention_->history_quarters)});
  return sweep() || cut() || begin_bucket(1, 60, retention_->history_fine, now) || begin_bucket(2, 900, retention_->history_minutes, now);
}

// The oldest one, when it has left the finer tier's window.
bool History::begin_bucket(std::int64_t tier, std::int64_t step_s, Milliseconds window, std::int64_t now) {
  const auto oldest = number_of(sql_.oldest_of, {tier - 1});
  if (!oldest) return false;
  const auto at = *oldest / step_s * step_s;
  if (at + step_s > now - whole_seconds(window)) return false;
  // Not before all of it has come into the finer tier: what follows would not fit any more.
  const auto behind = number_of(sql_.oldest_below, {tier - 1});
  if (behind && *behind < at + step_s) return false;
  bucket_ = {.tier = tier, .at = at, .step_s = step_s};
  return true;
}

void History::roll_slice() {
  const auto [tier, at, step_s, after] = *bucket_;
  const auto last = number_of(sql_.next_series, {after, series_at_once});
  if (!last) return finish_bucket();
  for (const auto* sql : {&sql_.roll, &sql_.merge, &sql_.drop_merged}) database_->run(*sql, {tier, at, step_s, after, *last});
  bucket_->after_series = *last;
}

void History::finish_bucket() {
  const auto [tier, at, step_s, _] = *bucket_;
  database_->run(sql_.finish, {tier, at, step_s});
  database_->run(sql_.drop_polls, {tier, at, step_s});
  bucket_.reset();
}

// Runs that ended before the oldest poll of their tier are never shown.
bool History::sweep() {
  for (std::int64_t tier = 0; tier <= 2; ++tier) {
    if (database_->run(sql_.sweep, {tier, number_of(sql_.oldest_of, {tier}).value_or(stands), runs_at_once}) > 0) return true;
  }
  return false;
}

// Ages alone do not bound it: thousands of series that change with every poll would grow to a gigabyte, written anew at every publish.
// With more than the most the history reaches less far back, for all series alike: the oldest polls go, and with them what was seen then.
bool History::cut() {
  const auto count = number_of(sql_.count, {}).value_or(0);
  if (count <= most_runs_) return false;
  for (std::int64_t tier = 2; tier >= 0; --tier) {
    const auto until = number_of(sql_.cut_until, {tier, stands, count - most_runs_});
    if (until && database_->run(sql_.cut, {tier, *until}) > 0) return true;
  }
  return false;
}

}  // namespace gateway
