local g = import '../lib/page.libsonnet';

local kinds = [
  ['signal', g.blue],
  ['order', g.purple],
  ['model', g.orange],
  ['subscription', 'super-light-blue'],
  ['connection', '#2aa198'],
  ['health', '#d6649b'],
  ['dataset', 'super-light-purple'],
];

g.page({
  uid: 'events',
  question: 'What happened, in order: signals, orders, trainings, subscriptions, connections, health.',
  sources: "(source LIKE 'postgres.%' OR source LIKE '%.health' OR source = 'model-service.training')",
  upstreams: "upstream <> 'gateway'",
  from: 'now-6h',
  variables: [
    g.choice('category', 'Kind', 'Show only these kinds of events', 'category', [kind[0] for kind in kinds]),
    g.choice('type', 'Event type', 'Show only these types of events', 'event_type', ['trading_signal_received', 'order_created', 'order_executed', 'order_closed', 'model_training_started', 'model_training_completed', 'model_retrained', 'subscription_created', 'subscription_cancelled', 'websocket_connected', 'websocket_disconnected', 'websocket_reconnected', 'service_status_changed', 'upstream_lost', 'upstream_recovered', 'gateway_started']),
    g.choiceOf('service', 'Service', 'Show only events of these services', 'service', 'SELECT DISTINCT service FROM event_history WHERE service IS NOT NULL ORDER BY 1'),
    g.search('find', 'Search', 'An id, an asset or a word, or part of one'),
  ],
})
+ g.bars({
  title: 'Events over time',
  at: [0, 3, 24, 6],
  help: |||
    Number of events of each kind. @range@ The history covers 30 days, and the newest 1,000 events of each type, by default. Colours distinguish kinds here; they are not verdicts.
    > look for a break in the pattern, and read the list for that time.
  |||,
  sql: |||
    WITH w AS (SELECT max(60, ($__to - $__from) / 1000 / 96) AS step)
    SELECT CAST(time AS INTEGER) / step * step AS time, category, count(*) AS events
    FROM event_history CROSS JOIN w
    WHERE @in_range@ AND @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
    GROUP BY 1, 2
    ORDER BY 1
  |||,
  by: 'category',
  empty: 'No events to show in this time range',
  columns: [[kind[0], null, { fixed: kind[1] }] for kind in kinds],
  more: g.legendTable(['sum']),
})
+ g.table({
  title: 'The last 200 events',
  at: [0, 9, 24, 22],
  help: |||
    The newest 200 events that match the filters above, newest first, regardless of age. @always@

    * **Basis**: *row*: recorded by the trading system; *derived* from a record (the start of a training from its end and duration); *observed*: the gateway saw a change between two polls. *(some time after ...)*: not observed directly; it happened between that time and the one shown.
    * The colour of the type shows the kind of event, as in the chart above.
    * A signal id links to the signal and its outcome, an order id to the order.
    > read from the bottom up to see what led to the current state.
  |||,
  sql: |||
    SELECT time, @since time age_s@, event_type, service, status,
      summary || coalesce(' (some time after ' || strftime('%Y-%m-%d %H:%M:%S', not_before_at, 'unixepoch') || ' UTC)', '') AS summary, signal_id, order_id, coalesce(model_version, subscription_id) AS other_id, origin
    FROM event_history
    WHERE @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
      AND instr(lower(@text event_id@ || ' ' || @text signal_id@ || ' ' || @text order_id@ || ' ' || @text asset@ || ' ' || @text symbol@ || ' ' || @text summary@), lower(trim(${find:sqlstring}))) > 0
    ORDER BY time DESC, event_id
    LIMIT 200
  |||,
  empty: 'No events to show',
  tinted: false,
  columns: [
    g.at,
    g.age,
    ['event_type', 'Event type', g.word(180, g.eventWords)],
    ['service', 'Service', g.wide(112)],
    ['status', 'Status', g.left + g.coloured + g.dash + { width: 100, colors: g.matching([['^(filled|completed|active|connected|healthy)$', g.green], ['^(cancelled|degraded|reconnecting|connecting)$', g.yellow], ['^(rejected|disconnected|unhealthy)$', g.red], ['^unknown$', g.grey], ['^dry_run$', g.purple, 'dry run']]) }],
    ['summary', 'What happened', g.from(236)],
    g.signalId({ width: 94, none: '' }),
    g.orderId({ width: 94, none: '' }),
    ['other_id', 'Model or subscription', g.left + g.dash + { width: 106 }],
    ['origin', 'Basis', g.wide(76)],
  ],
})
+ g.table({
  title: 'Events by type and service',
  at: [0, 31, 24, 10],
  help: |||
    How many events of each type are kept, and the newest of each. @always@ Uses the filters above.
    > a type whose newest event is older than usual points to the part of the system that has stopped.
  |||,
  sql: |||
    SELECT event_type, category, service, count(*) AS events, max(time) AS time, @since max(time) age_s@, min(time) AS since
    FROM event_history
    WHERE @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
    GROUP BY event_type, category, service
    ORDER BY max(time) DESC
    LIMIT 200
  |||,
  empty: 'No events to show',
  tinted: false,
  columns: [
    ['event_type', 'Event type', g.from(200)],
    ['category', 'Kind', g.word(120, g.values(kinds))],
    ['service', 'Service', g.wide(160)],
    ['events', 'Kept', g.wide(90)],
    ['time', 'Newest (UTC)', g.time],
    g.age,
    ['since', 'Oldest kept (UTC)', g.time],
  ],
})
