#include "cache/queue_history.hpp"

namespace gateway {
namespace {

constexpr std::int64_t queues_at_once = 500, runs_at_once = 2000;
// Ages alone do not bound it: thousands of queues that change with every poll would grow to a gigabyte, written anew at every publish.
// 500,000 runs are some 26 MB, enough for 140 such queues over all tiers.
constexpr std::int64_t most_runs = 500'000;
constexpr std::int64_t stands = 253402300799;  // queue_run.to_at

std::int64_t whole_seconds(Milliseconds ms) { return std::chrono::ceil<std::chrono::seconds>(ms).count(); }

}  // namespace

bool QueueHistory::step(std::int64_t now) {
  if (bucket_) {
    roll_slice();
    return true;
  }
  database_.run("DELETE FROM queue_poll WHERE tier = 2 AND time < ?", {now - whole_seconds(retention_.history_quarters)});
  return sweep() || cut() || begin_bucket(1, 60, retention_.history_fine, now) || begin_bucket(2, 900, retention_.history_minutes, now);
}

std::optional<std::int64_t> QueueHistory::oldest_poll(const char* of, std::int64_t tier) {
  return integer(database_.query(std::string("SELECT min(time) FROM queue_poll WHERE tier ") + of + " ?", {tier}).rows.at(0).at(0));
}

// The oldest one, when it has left the finer tier's window.
bool QueueHistory::begin_bucket(std::int64_t tier, std::int64_t step_s, Milliseconds window, std::int64_t now) {
  const auto oldest = oldest_poll("=", tier - 1);
  if (!oldest) return false;
  const auto at = *oldest / step_s * step_s;
  if (at + step_s > now - whole_seconds(window)) return false;
  // Not before all of it has come into the finer tier: what follows would not fit any more.
  const auto behind = oldest_poll("<", tier - 1);
  if (behind && *behind < at + step_s) return false;
  bucket_ = {.tier = tier, .at = at, .step_s = step_s};
  return true;
}

void QueueHistory::roll_slice() {
  const auto& [tier, at, step_s, after] = *bucket_;
  const auto last =
      integer(database_.query("SELECT max(id) FROM (SELECT id FROM queue WHERE id > ? ORDER BY id LIMIT ?)", {after, queues_at_once})
                  .rows.at(0)
                  .at(0));
  if (!last) return finish_bucket();
  // A clock set far back polls into buckets that are rolled: what is there stays.
  database_.run(
      "INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks) "
      "SELECT q.id, ?1, ?2, ?2, max(r.messages), CAST(round(avg(r.publish_per_ks)) AS INTEGER), "
      "       CAST(round(avg(r.consume_per_ks)) AS INTEGER) "
      "  FROM queue q CROSS JOIN queue_run r ON r.queue_id = q.id AND r.tier = ?1 - 1 AND r.from_at < ?2 + ?3 AND r.to_at >= ?2 "
      " CROSS JOIN queue_poll p ON p.tier = ?1 - 1 AND p.time BETWEEN max(r.from_at, ?2) AND min(r.to_at, ?2 + ?3 - 1) AND p.ok = 1 "
      " WHERE q.id > ?4 AND q.id <= ?5 GROUP BY q.id "
      "HAVING coalesce((SELECT a.to_at FROM queue_run a WHERE a.queue_id = q.id AND a.tier = ?1 AND a.from_at <= ?2 "
      "                  ORDER BY a.from_at DESC LIMIT 1), -1) < ?2",
      {tier, at, step_s, after, *last});
  // A run of buckets that say the same becomes one row.
  database_.run(
      "UPDATE queue_run SET to_at = ?2 WHERE tier = ?1 AND to_at = ?2 - ?3 AND queue_id > ?4 AND queue_id <= ?5 "
      "   AND EXISTS (SELECT 1 FROM queue_run b WHERE b.queue_id = queue_run.queue_id AND b.tier = ?1 AND b.from_at = ?2 "
      "     AND b.messages IS queue_run.messages AND b.publish_per_ks IS queue_run.publish_per_ks "
      "     AND b.consume_per_ks IS queue_run.consume_per_ks)",
      {tier, at, step_s, after, *last});
  database_.run(
      "DELETE FROM queue_run INDEXED BY queue_run_by_end "
      " WHERE tier = ?1 AND to_at = ?2 AND queue_id > ?3 AND queue_id <= ?4 AND from_at = ?2 "
      "   AND EXISTS (SELECT 1 FROM queue_run a "
      "                WHERE a.queue_id = queue_run.queue_id AND a.tier = ?1 AND a.from_at < ?2 AND a.to_at = ?2)",
      {tier, at, after, *last});
  bucket_->after_queue = *last;
}

void QueueHistory::finish_bucket() {
  const auto [tier, at, step_s, _] = *bucket_;
  database_.run(
      "INSERT INTO queue_poll (tier, time, ok) SELECT ?1, ?2, max(ok) FROM queue_poll "
      " WHERE tier = ?1 - 1 AND time >= ?2 AND time < ?2 + ?3 HAVING count(*) > 0 ON CONFLICT DO NOTHING",
      {tier, at, step_s});
  database_.run("DELETE FROM queue_poll WHERE tier = ?1 - 1 AND time < ?2", {tier, at + step_s});
  bucket_.reset();
}

// Runs that ended before the oldest poll of their tier are never shown.
bool QueueHistory::sweep() {
  for (std::int64_t tier = 0; tier <= 2; ++tier) {
    const auto oldest = oldest_poll("=", tier).value_or(stands);
    if (database_.run("DELETE FROM queue_run WHERE (queue_id, tier, from_at) IN "
                      "(SELECT queue_id, tier, from_at FROM queue_run WHERE tier = ? AND to_at < ? LIMIT ?)",
                      {tier, oldest, runs_at_once}) > 0)
      return true;
  }
  return false;
}

// With more than the most the history reaches less far back, for all queues alike: the oldest polls go, and with them what was seen then.
bool QueueHistory::cut() {
  const auto count = integer(database_.query("SELECT count(*) FROM queue_run").rows.at(0).at(0)).value_or(0);
  if (count <= most_runs) return false;
  for (std::int64_t tier = 2; tier >= 0; --tier) {
    const auto until =
        database_.query("SELECT max(to_at) FROM (SELECT to_at FROM queue_run WHERE tier = ? AND to_at < ? ORDER BY to_at LIMIT ?)",
                        {tier, stands, count - most_runs});
    if (database_.run("DELETE FROM queue_poll WHERE tier = ? AND time <= ?", {tier, until.rows.at(0).at(0)}) > 0) return true;
  }
  return false;
}

}  // namespace gateway
