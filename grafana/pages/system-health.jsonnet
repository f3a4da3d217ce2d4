local g = import '../lib/page.libsonnet';

g.page({
  uid: 'system-health',
  question: 'Is everything healthy, and if not, what is wrong? The health of the system and of each service, errors, connections, queues, and how current it all is.',
  sources: '1 = 1',
  upstreams: "upstream <> 'gateway'",
  from: 'now-6h',
})
+ g.tile({
  title: 'Overall',
  at: [0, 3, 3, 5],
  help: |||
    The verdict over all configured services: **unhealthy** if any of them is unhealthy, else **unknown** if any cannot be judged now, else **degraded**, else **healthy**. Unknown is not good news: there may be a problem.
    > find the service that is not green in the tiles on the right, then its row below.
  |||,
  sql: |||
    SELECT status || CASE
        WHEN healthy + degraded + unhealthy + unknown = 0 THEN ''
        WHEN healthy + degraded + unhealthy + unknown = max(healthy, degraded, unhealthy, unknown) THEN ': all ' || (healthy + degraded + unhealthy + unknown) || ' services'
        ELSE ': ' || rtrim(
          CASE WHEN unhealthy > 0 THEN unhealthy || ' unhealthy, ' ELSE '' END || CASE WHEN unknown > 0 THEN unknown || ' unknown, ' ELSE '' END ||
          CASE WHEN degraded > 0 THEN degraded || ' degraded, ' ELSE '' END || CASE WHEN healthy > 0 THEN healthy || ' healthy' ELSE '' END, ', ') END AS status
    FROM system_health
  |||,
  field: 'status',
  size: 20,
  colors: g.healthWords,
  empty: 'No verdict to show',
})
+ g.tiles({
  title: 'Services',
  at: [3, 3, 21, 5],
  help: |||
    One tile per service with its current status. **unknown** (grey): no current data; the small text shows the last known status.

    * green: healthy; yellow: working, with a problem; red: unreachable, or reports itself unhealthy.
    > click a tile for the events of that service; the table below has the reason.
  |||,
  sql: |||
    SELECT service,
      effective_status || CASE
        WHEN freshness = 'off' THEN ': not configured'
        WHEN effective_status <> 'unknown' THEN ''
        WHEN last_known_status IS NULL THEN ': never seen'
        ELSE ', last known ' || last_known_status END AS status
    FROM service_health
    LIMIT 25
  |||,
  field: 'status',
  size: 14,
  colors: g.healthWords,
  empty: 'No services to show',
})
+ g.tile({
  title: 'Summary',
  at: [0, 8, 24, 3],
  help: |||
    What is wrong now in one sentence, worst first. The table below lists everything.
    > start with the first item: the others often follow from it.
  |||,
  sql: 'SELECT reason FROM system_health',
  field: 'reason',
  size: 14,
  colors: g.matching([['^all ', g.none]]),
  empty: 'No cache to read',
  more: g.defaults({ thresholds: g.steps([g.none]) }),
})
+ g.table({
  title: 'What is wrong now',
  at: [0, 11, 24, 8],
  help: |||
    All current problems, worst first: services, lagging queues, the exchange connection, signals without orders, components, sources without current data. **For**: how long, where known.
    > click a name for its events. @tinted@
  |||,
  sql: |||
    SELECT status AS state, kind, subject, since, @since since since_s@, why, freshness
    FROM problem
    ORDER BY rank, severity DESC, subject
    LIMIT 200
  |||,
  empty: 'No known problems',
  columns: [
    ['state', 'Now', g.verdict(104, g.matching([['^(unhealthy|lagging|disconnected|missing)', g.red], ['^(degraded|stale|connecting|reconnecting)', g.yellow], ['^(unknown|never)', g.grey]]))],
    ['kind', 'Kind', g.wide(92)],
    ['subject', 'Name', g.left { width: 290, link: ['Events with this name', '/d/events?var-find=${__value.raw:percentencode}&var-service=All&var-category=All&var-type=All&${__url_time_range}'] }],
    ['since', 'Since (UTC)', g.time],
    ['since_s', 'For', g.duration],
    ['why', 'Reason', g.prose(240)],
  ],
})
+ g.timeline({
  title: 'Services over time',
  at: [0, 19, 24, 7],
  help: |||
    The status of each service at every poll. No colour means unknown: the service could not be polled, or the gateway was down. @range@
    > compare colour changes with the errors above and the page Events.
  |||,
  of: 'service_status_trend',
  source: "t.service || '.health'",
  by: 'service',
  colors: [['healthy', g.green], ['degraded', g.yellow], ['unhealthy', g.red]],
  empty: 'No history to show in this time range',
})
+ g.table({
  title: 'Services in detail',
  at: [0, 26, 24, 12],
  help: |||
    All services in detail. **Now** is the current verdict, unknown without fresh data; **Last known** is the previous one. **Problem** is what the service reports, or why it could not be polled.
    > *refused*: nothing is listening there (is the service running?); *timeout*: the service or the network hangs; *auth*: check the keys in `.env`. @tinted@
  |||,
  sql: |||
    SELECT service, effective_status, last_known_status, status_since, @since status_since since_s@, latency_ms, fetched_at,
      CAST(age_s AS INTEGER) AS data_age_s, freshness AS source_state, error, freshness
    FROM service_health
    LIMIT 100
  |||,
  empty: 'No services to show',
  columns: [
    ['service', 'Service', g.left { width: 138, link: ['Events of this service', '/d/events?var-service=${__value.raw:percentencode}&var-category=All&var-type=All&var-find=&${__url_time_range}'] }],
    ['effective_status', 'Now', g.verdict(92, g.healthWords)],
    ['last_known_status', 'Last known', g.left { width: 92, none: 'never' }],
    ['status_since', 'Last known since', g.time],
    ['since_s', 'For', g.duration],
    ['latency_ms', 'Response time', { width: 80, unit: 'ms', decimals: 1 }],
    ['fetched_at', 'Last updated', g.time { none: 'never' }],
    ['data_age_s', 'Age', g.duration],
    ['source_state', 'Data', g.verdict(104, g.dataWords)],
    ['error', 'Problem', g.prose(200)],
  ],
})
+ g.table({
  title: 'Service components',
  at: [0, 38, 10, 13],
  help: |||
    What the services report about their components (database, queue, exchange connection), and what the gateway probed itself. **Basis**: *reported* by the service, or *probed* by the gateway.
    > a red component of a green service is often an early warning. @tinted@
  |||,
  sql: |||
    SELECT service, component, status, basis,
      nullif(@last_known status last_known_status error@, '') AS error, freshness
    FROM service_component
    ORDER BY CASE last_known_status WHEN 'unhealthy' THEN 0 WHEN 'degraded' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, service, component
    LIMIT 100
  |||,
  empty: 'No components to show',
  columns: [
    ['service', 'Service', g.wide(128)],
    ['component', 'Component', g.wide(120)],
    ['status', 'Now', g.verdict(94, g.healthWords)],
    ['basis', 'Basis', g.wide(76)],
    ['error', 'Problem', g.left + g.dash + { minWidth: 80 }],
  ],
})
+ g.table({
  title: 'Exchange connections',
  at: [10, 38, 14, 5],
  help: |||
    The two connections to the exchange: *private* carries our own orders and balances, *public* carries market data. Details are on the page Exchange connection.
    > disconnected for more than a minute: check ws-gateway.
  |||,
  sql: |||
    SELECT connection, @was status last_known_status@ AS status, duration_s, reconnect_count, last_error, freshness
    FROM ws_connection
    ORDER BY connection
  |||,
  empty: 'No connections to show',
  columns: [
    ['connection', 'Connection', g.left { width: 90, link: ['Exchange connection', '/d/exchange?${__url_time_range}'] }],
    ['status', 'Now', g.verdict(192, g.connectionWords)],
    ['duration_s', 'Connected for', g.duration { width: 116, none: 'n/a' }],
    ['reconnect_count', 'Reconnects', g.right { width: 90 }],
    ['last_error', 'Last error', g.left + g.dash + { minWidth: 60 }],
  ],
})
+ g.table({
  title: 'Worst queues',
  at: [10, 43, 14, 8],
  help: |||
    The five most backlogged queues at the last poll. **lagging**: not consumed, consumed too slowly, or too long. Details are on the page Queues.
    > check that the queue has a consumer and that the consuming service is healthy. @tinted@
  |||,
  sql: |||
    SELECT name, lag, messages, consumers,
      nullif(@last_known lag last_known_lag lag_reason@, '') AS reason, freshness
    FROM queue_now
    ORDER BY (last_known_lag = 'lagging') DESC, lag_severity DESC, messages DESC, name
    LIMIT 5
  |||,
  empty: 'No queues to show',
  columns: [
    ['name', 'Queue', g.left { minWidth: 170, link: ['This queue', '/d/queues?var-find=${__value.raw:percentencode}&${__url_time_range}'] }],
    ['lag', 'Now', g.verdict(90, g.lagWords)],
    ['messages', 'Messages', g.count { width: 82 }],
    ['consumers', 'Consumers', g.right { width: 84 }],
    ['reason', 'Reason', g.prose(120)],
  ],
})
+ g.table({
  title: 'Errors',
  at: [0, 51, 24, 8],
  help: |||
    Recent errors, newest first. Errors of a service that differ only in ids and numbers share a row. **Count**: how often it occurred (for rejections: how many orders). At most 100. @always@
    > check *Last seen*: an old error is over. Many of one kind: read the service's log.
  |||,
  sql: |||
    SELECT service, kind, message, count, first_at, last_at, @since last_at age_s@
    FROM service_error
    ORDER BY last_at DESC
    LIMIT 100
  |||,
  empty: 'No errors to show',
  tinted: false,
  columns: [
    ['service', 'Service', g.wide(130)],
    ['kind', 'Kind', g.wide(84)],
    ['message', 'Latest message', g.from(200)],
    ['count', 'Count', g.count { width: 70 }],
    ['first_at', 'First seen (UTC)', g.time],
    ['last_at', 'Last seen (UTC)', g.time],
    ['age_s', 'Age', g.duration],
  ],
})
+ g.tile({
  title: 'Signals without an order',
  at: [0, 59, 6, 6],
  help: |||
    How many of the last ten signals that are at least a minute old have no order, not even a rejected one. This is not a health verdict: signals that fail the order manager's first checks leave no row.
    > if most of them have none, check order-manager and its lock store (Redis).
  |||,
  sql: |||
    SELECT CASE WHEN without_order IS NULL THEN 'unknown' ELSE without_order || ' of the last ' || judged END AS missing FROM signals_without_order
  |||,
  field: 'missing',
  size: 24,
  colors: g.matching([['^unknown', g.grey], ['^0 ', g.none], ['^([5-9]|10) of', g.yellow], ['^[1-4] of', g.none]]),
  empty: 'No signals to show',
})
+ g.table({
  title: 'Time since the last signal',
  at: [6, 59, 18, 6],
  help: |||
    How long each strategy has been silent, and its usual pause (the median of its recent ones). **long**: more than three usual pauses.
    > long for one strategy: check its model; long for all: check model-service and the features it reads. @tinted@
  |||,
  sql: |||
    SELECT strategy_id, last_signal_at, CAST(max(since_s, 0) AS INTEGER) AS since_s, CAST(median_pause_s AS INTEGER) AS median_pause_s, silence, freshness
    FROM signal_flow
    ORDER BY silence <> 'long', strategy_id
    LIMIT 100
  |||,
  empty: 'No signals to show',
  columns: [
    ['strategy_id', 'Strategy', g.from(140)],
    ['last_signal_at', 'Last signal (UTC)', g.time],
    ['since_s', 'Age', g.duration],
    ['median_pause_s', 'Usual pause', g.duration],
    ['silence', 'Silence', g.verdict(100, g.values([['usual', g.none], ['long', g.yellow], ['unknown', g.grey]]))],
  ],
})
+ g.table({
  title: 'Freshness of every source',
  at: [0, 65, 24, 17],
  help: |||
    Everything the gateway polls, and how current it is. A source is **fresh** while its last success is younger than *Stale after*. @tinted@
    > *Problem* shows why a source is not answering; the page Cache shows its last attempts.
  |||,
  sql: |||
    SELECT source, freshness AS state, last_success_at, CAST(age_s AS INTEGER) AS age_s, stale_after_s, consecutive_failures, @problem@ AS problem, freshness
    FROM source_status
    ORDER BY CASE freshness WHEN 'stale' THEN 0 WHEN 'never' THEN 1 WHEN 'fresh' THEN 2 ELSE 3 END, position
    LIMIT 100
  |||,
  empty: 'No sources to show',
  columns: [
    ['source', 'Source', g.left + g.toAttempts + { width: 220 }],
    ['state', 'Data', g.verdict(120, g.dataWords)],
    ['last_success_at', 'Last updated', g.time { none: 'never' }],
    ['age_s', 'Age', g.duration { none: 'never' }],
    ['stale_after_s', 'Stale after', { width: 96, unit: 's' }],
    ['consecutive_failures', 'Failures in a row', g.right { width: 130 }],
    ['problem', 'Problem', g.left + g.dash + { minWidth: 200 }],
  ],
})
