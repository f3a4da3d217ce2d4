local g = import '../lib/page.libsonnet';

// A value of the eight worst queues over time, each step's `each`: max, avg.
local of_the_worst(column, each) = g.with({ column: column, each: each }, |||
  WITH q AS MATERIALIZED (
    SELECT vhost, name FROM queue_now WHERE @contains name find@
    ORDER BY (last_known_lag = 'lagging') DESC, lag_severity DESC, messages DESC, name LIMIT 8
  ), r AS MATERIALIZED (
    SELECT t.time, t.name || CASE t.vhost WHEN '/' THEN '' ELSE ' (' || t.vhost || ')' END AS queue, t.messages, t.publish_rate_per_s, t.consume_rate_per_s
    FROM q CROSS JOIN queue_trend t ON t.vhost = q.vhost AND t.name = q.name
    WHERE t.time >= $__from / 1000 AND t.time < $__to / 1000
  )
  SELECT lagging_since AS time, name AS queue, @@column@@ AS value FROM queue_now WHERE 0
  UNION ALL
  SELECT time / step * step, queue, @@each@@(@@column@@)
  FROM r CROSS JOIN (SELECT max(5, ($__to - $__from) / 1000 / 400) AS step)
  GROUP BY 1, 2
  UNION ALL
  SELECT @within_outage@, q.name || CASE q.vhost WHEN '/' THEN '' ELSE ' (' || q.vhost || ')' END, NULL
  FROM q CROSS JOIN outage_period o
  WHERE o.upstream IN ('rabbitmq', 'gateway') AND @outage_shown@
  ORDER BY 1, 2
  LIMIT 10000
|||);

g.page({
  uid: 'queues',
  question: 'Which queues are backlogged, since when, and how badly?',
  sources: "source IN ('rabbitmq.queues')",
  upstreams: "upstream IN ('rabbitmq')",
  from: 'now-6h',
  variables: [
    g.search('find', 'Search queues', "A part of a queue's name"),
  ],
})
+ g.tile({
  title: 'Do queues lag?',
  at: [0, 3, 8, 4],
  help: |||
    The verdict over all queues, whatever the search. A queue **lags** if it holds more messages than its limit (1,000 by default), if messages arrive and none are consumed for 75 s, or if it grows for minutes while consumed at less than a tenth of its publish rate. *Unknown* without fresh data.
    > the table lists the queues, worst first, with the reason.
  |||,
  sql: |||
    SELECT CASE
      WHEN total = 0 THEN 'unknown: no queues were read'
      WHEN unknown = total THEN 'unknown' || CASE WHEN was_lagging > 0 THEN ', last known: ' || was_lagging || ' lagging' ELSE ', last known: none lagging' END
      WHEN lagging > 0 THEN lagging || CASE lagging WHEN 1 THEN ' queue lags' ELSE ' queues lag' END
      ELSE 'no queue lags' END AS verdict
    FROM (
      SELECT count(*) AS total, coalesce(sum(lag = 'unknown'), 0) AS unknown, coalesce(sum(lag = 'lagging'), 0) AS lagging, coalesce(sum(last_known_lag = 'lagging'), 0) AS was_lagging FROM queue_now
    )
  |||,
  field: 'verdict',
  size: 28,
  colors: g.matching([['^unknown', g.grey], ['^no queue', g.green], ['^[0-9]', g.red]]),
  empty: 'unknown',
})
+ g.figures({
  title: 'All queues',
  at: [8, 3, 16, 4],
  help: |||
    Totals over all queues at the last poll: queues, messages, and publish and consume rates.
    > a publish rate above the consume rate for minutes means a growing backlog: see the table.
  |||,
  sql: |||
    SELECT CASE WHEN count(*) > 0 OR (SELECT freshness FROM source_status WHERE source = 'rabbitmq.queues') IN ('fresh', 'stale') THEN count(*) END AS queues, sum(messages) AS messages, 1.0 * sum(publish_rate_per_s) AS publish_rate_per_s, 1.0 * sum(consume_rate_per_s) AS consume_rate_per_s,
      CASE WHEN count(*) > 0 THEN sum(consumers = 0) END AS without_consumer,
      CASE WHEN count(@contains name find@ OR NULL) > 200 THEN (count(@contains name find@ OR NULL) - 200) || ' of ' || count(@contains name find@ OR NULL) WHEN count(*) > 0 THEN 'none' END AS not_shown,
      (SELECT CAST(max(age_s, 0) AS INTEGER) FROM source_status WHERE source = 'rabbitmq.queues') AS read_s
    FROM queue_now
  |||,
  empty: 'n/a',
  columns: [
    ['queues', 'Queues', { unit: 'locale' }],
    ['messages', 'Backlog', { unit: 'locale' }],
    ['publish_rate_per_s', 'Published/s', { decimals: 1 }],
    ['consume_rate_per_s', 'Consumed/s', { decimals: 1 }],
    ['without_consumer', 'No consumers', {}],
    ['not_shown', 'Not listed', {}],
    ['read_s', 'Updated', { none: 'never', unit: 'dtdurations', decimals: 0 }],
  ],
})
+ g.table({
  title: 'Queues, worst first',
  at: [0, 7, 24, 15],
  help: |||
    All queues that match the search, worst first, at most 200; the tile above counts the rest. @always@ @tinted@

    * **Lag**: the current verdict. **Severity**: 1 is the limit; 5 is five times the limit.
    * **Reason**: *length*: too many messages; *slow*: consumed too slowly; *no consumer*: no consumer is attached.
    * **Messages**: ready and unacknowledged; *unacknowledged*: delivered but not acknowledged. **Published/s**, **Consumed/s**: the broker's rates.
    * **Growth**: over the last five minutes; **Empty in**: time to drain at this rate.
    * Server-named queues (amq.gen-...) disappear with their connection.
    > no consumer: is the consuming service running (page System health)? Slow: that service is overloaded. ws-gateway.balance and ws-gateway.liquidation have no consumer by design: exclude them with `QUEUE_LAG_IGNORE`.
  |||,
  sql: |||
    SELECT name || CASE vhost WHEN '/' THEN '' ELSE ' (vhost ' || vhost || ')' END AS queue, lag AS verdict, lag_severity,
      nullif(@last_known lag last_known_lag lag_reason@ || CASE WHEN messages_unacknowledged > 0 THEN ' (' || messages_unacknowledged || ' unacknowledged)' ELSE '' END
        || CASE WHEN state <> 'running' THEN ' (queue is ' || state || ')' ELSE '' END, '') AS reason,
      messages, consumers, publish_rate_per_s, consume_rate_per_s, growth_per_s, drain_eta_s, @since lagging_since lagging_s@, freshness
    FROM queue_now
    WHERE @contains name find@
    ORDER BY (last_known_lag = 'lagging') DESC, lag_severity DESC, messages DESC, name, vhost
    LIMIT 200
  |||,
  empty: 'No queues to show',
  columns: [
    ['queue', 'Queue', g.from(180)],
    ['verdict', 'Lag', g.verdict(82, g.lagWords)],
    ['lag_severity', 'Severity', g.right + g.coloured + { width: 74, decimals: 1, steps: g.steps([g.plain, [0, g.plain], [0.5, g.yellow], [1, g.red]]) }],
    ['reason', 'Reason', g.prose(200)],
    ['messages', 'Messages', g.count { width: 82 }],
    ['consumers', 'Consumers', g.right + g.coloured + { width: 84, steps: g.steps([g.plain, [0, g.yellow], [1, g.plain]]) }],
    ['publish_rate_per_s', 'Published/s', g.right { width: 92, decimals: 1 }],
    ['consume_rate_per_s', 'Consumed/s', g.right { width: 92, decimals: 1 }],
    ['growth_per_s', 'Growth/s', g.right { width: 76, decimals: 2 }],
    ['drain_eta_s', 'Empty in', g.duration],
    ['lagging_s', 'Lagging for', g.duration],
  ],
})
+ g.lines({
  title: 'Backlog over time',
  at: [0, 22, 24, 10],
  help: |||
    Messages in each queue; a climbing line is a growing backlog. The eight worst queues that match the search. @history@ Longer ranges show the maximum of each step.
    > compare the start of a climb with the page Events: did a service go down?
  |||,
  sql: of_the_worst('messages', 'max'),
  by: 'queue',
  empty: 'No queue history to show in this time range',
  points: 'never',
  more: g.legendTable(['lastNotNull', 'max']) + g.defaults({ min: 0, decimals: 0 }),
})
+ g.lines({
  title: 'Publish rate',
  at: [0, 32, 12, 9],
  help: |||
    Messages published to each queue per second. The eight worst queues that match the search. @history@
    > nothing is published where it should be: check the publishing service.
  |||,
  sql: of_the_worst('publish_rate_per_s', 'avg'),
  by: 'queue',
  empty: 'No queue history to show in this time range',
  points: 'never',
  more: g.defaults({ min: 0 }),
})
+ g.lines({
  title: 'Consume rate',
  at: [12, 32, 12, 9],
  help: |||
    Messages consumed from each queue per second, excluding redeliveries. The eight worst queues that match the search. @history@
    > a consume rate far below the publish rate: the consumer is slow or gone.
  |||,
  sql: of_the_worst('consume_rate_per_s', 'avg'),
  by: 'queue',
  empty: 'No queue history to show in this time range',
  points: 'never',
  more: g.defaults({ min: 0 }),
})
