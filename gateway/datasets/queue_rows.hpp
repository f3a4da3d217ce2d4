// The rows of table `queue`: one for each queue that is listed, and for an hour one for each that is not any more.
#pragma once

#include <functional>
#include <map>

#include "base/history_tables.hpp"
#include "datasets/queue_listing.hpp"
#include "datasets/queues_before.hpp"

namespace gateway {

struct JudgedQueue {
  ListedQueue listed;
  Lag lag;
  std::optional<std::int64_t> last_known_messages, gone_at, seen_in_walk;
};

// By key: two pages of a cluster can name a queue twice. Rows are made one by one, because a judged queue is as large again.
using QueueRows = std::map<QueueKey, Row>;
void add(QueueRows& queues, const JudgedQueue& queue);

// Mode::replace where `queues` are all there are, Mode::upsert for a part of them.
Write queue_rows(QueueRows queues, Mode mode);

// The history, whose schema is in queues.sql: 500,000 runs are some 26 MB, enough for 140 queues that change with every poll.
HistoryTables queue_history_tables();
// When the poll was made that the rows of queues after it are of; and what came of it.
Write sampled_at(std::int64_t at);
Write poll_row(std::int64_t at, bool ok);

// A queue that is not listed any more may be back in a minute: its row stays for an hour, without figures, so that its history
// has a gap instead of an end. The broker's own names never come back. Adds them to `queues`; returns the keys (vhost, name) of
// those that need not stay.
std::vector<Row> keep_vanished(const QueuesBefore& before, const std::function<bool(const QueueKey&)>& listed, std::int64_t now,
                               QueueRows& queues);

}  // namespace gateway
