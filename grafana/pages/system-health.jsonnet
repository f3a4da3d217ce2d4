local g = import '../lib/page.libsonnet';

g.page({
  uid: 'system-health',
  question: 'Is everything well, and if not, what is wrong? The health of the whole system and of each service, errors, connections, queues, and how current all of it is.',
  sources: '1 = 1',
  upstreams: "upstream <> 'gateway'",
  from: 'now-6h',
})
+ g.tile({
  title: 'Overall',
  at: [0, 3, 5, 5],
  help: |||
    The verdict over all configured services: **unhealthy** if any of them is, else **unknown** if one of them cannot be judged now, else **degraded**, else **healthy**. Unknown is no good news: nobody can tell.
    > look at the tiles beside it for the service that is not green, then at its line below.
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
  at: [5, 3, 19, 5],
  help: |||
    One tile per service, as it is now. **unknown** (grey): no current data; the small text shows the last known status.

    * green: healthy; yellow: works, with a problem; red: not reachable, or it reports itself unhealthy.
    > click a tile to see what happened to that service; the table below has the reason.
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
  size: 17,
  colors: g.healthWords,
  empty: 'No services to show',
  more: { options+: { wideLayout: false } },
})
+ g.tile({
  title: 'In one sentence',
  at: [0, 8, 24, 3],
  help: |||
    What is wrong now, the worst first, in one sentence. The list below has all of it.
    > start with what it names first: the rest often follows from it.
  |||,
  sql: 'SELECT reason FROM system_health',
  field: 'reason',
  size: 16,
  colors: g.matching([['^all ', g.none]]),
  empty: 'Nothing to say: no cache was read',
  more: g.defaults({ thresholds: g.steps([g.none]) }),
})
+ g.table({
  title: 'What is wrong now',
  at: [0, 11, 24, 8],
  help: |||
    Everything that is not well, the worst first: services, queues that lag, the exchange connection, signals without orders, parts of services, sources without current data. **For**: since when, where that is known.
    > click a name to see what happened to it. @tinted@
  |||,
  sql: |||
    SELECT kind, subject, status AS state, since, @since since since_s@, why, freshness
    FROM problem
    ORDER BY rank, severity DESC, subject
    LIMIT 200
  |||,
  empty: 'Nothing is known to be wrong',
  columns: [
    ['kind', 'What', g.wide(92)],
    ['subject', 'Which', g.left { minWidth: 200, link: ['What happened to it', '/d/events?var-find=${__value.raw:percentencode}&var-service=All&var-category=All&var-type=All&${__url_time_range}'] }],
    ['state', 'Now', g.verdict(104, g.matching([['^(unhealthy|lagging|disconnected|missing)', g.red], ['^(degraded|stale|connecting|reconnecting)', g.yellow], ['^(unknown|never)', g.grey]]))],
    ['since', 'Since (UTC)', g.time],
    ['since_s', 'For', g.duration],
    ['why', 'Why', g.prose(240)],
  ],
})
+ g.timeline({
  title: 'Services over time',
  at: [0, 19, 24, 7],
  help: |||
    What each service was, poll by poll. No colour means unknown: the service could not be polled, or the gateway was down. @range@
    > compare where the colours change with the errors above and the page Events.
  |||,
  of: 'service_status_trend',
  source: "t.service || '.health'",
  by: 'service',
  colors: [['healthy', g.green], ['degraded', g.yellow], ['unhealthy', g.red]],
  empty: 'No history to show in this time range',
})
+ g.table({
  title: 'Each service in detail',
  at: [0, 26, 24, 12],
  help: |||
    All services in detail. **Now** is a verdict: without fresh data it is unknown. **Last known** stands beside it, and since when. **What is wrong** is the service's own complaint, or why it could not be asked.
    > *refused* means that nothing listens there (is it started?); *timeout*: it hangs or the network does; *auth*: check the keys in `.env`. @tinted@
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
    ['last_known_status', 'Last known', g.left { width: 92, none: 'never seen' }],
    ['status_since', 'Last known since', g.time],
    ['since_s', 'For', g.duration],
    ['latency_ms', 'Answer time', { width: 80, unit: 'ms', decimals: 1 }],
    ['fetched_at', 'Data as of', g.time { none: 'never' }],
    ['data_age_s', 'Data age', g.duration],
    ['source_state', 'Data', g.word(104, g.dataWords)],
    ['error', 'What is wrong', g.prose(200)],
  ],
})
+ g.table({
  title: 'Parts of the services',
  at: [0, 38, 10, 13],
  help: |||
    What the services say of their parts (database, queue, exchange connection), and what the gateway probed itself. **Said by**: *reported* by the service, or *probed* by the gateway.
    > a part that is red while its service is green often tells of the next failure. @tinted@
  |||,
  sql: |||
    SELECT service, component, status, basis,
      nullif(@last_known status last_known_status error@, '') AS error, freshness
    FROM service_component
    ORDER BY CASE last_known_status WHEN 'unhealthy' THEN 0 WHEN 'degraded' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END, service, component
    LIMIT 100
  |||,
  empty: 'No parts to show',
  columns: [
    ['service', 'Service', g.wide(128)],
    ['component', 'Part', g.wide(120)],
    ['status', 'Now', g.verdict(94, g.healthWords)],
    ['basis', 'Said by', g.wide(76)],
    ['error', 'What is wrong', g.left + g.dash + { minWidth: 80 }],
  ],
})
+ g.table({
  title: 'Exchange connections',
  at: [10, 38, 14, 5],
  help: |||
    The two connections to the exchange. *private* carries our own orders and balances, *public* the market's prices. More on the page Exchange connection.
    > disconnected for more than a minute: look at ws-gateway.
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
    The five queues that are worst off, as of the last reading. **lagging**: messages pile up faster than they are read, or too many wait. More on the page Queues.
    > see whether the queue has a consumer, and whether that service is well. @tinted@
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
    ['name', 'Queue', g.left { width: 256, link: ['This queue', '/d/queues?var-find=${__value.raw:percentencode}&${__url_time_range}'] }],
    ['lag', 'Now', g.verdict(90, g.lagWords)],
    ['messages', 'Messages', g.count { width: 82 }],
    ['consumers', 'Consumers', g.right { width: 68 }],
    ['reason', 'Why', g.prose(120)],
  ],
})
+ g.table({
  title: 'Errors',
  at: [0, 51, 24, 8],
  help: |||
    What went wrong lately, the newest first: the same error of a service is one line, ids and numbers in it left out of the comparison. **Times**: how often it was seen (for rejections: how many orders). At most 100; the time range above does not matter here.
    > look at *last seen*: an old one is over. Many of one kind: see the service's own log.
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
    ['message', 'Message, as last seen', g.from(200)],
    ['count', 'Times', g.count { width: 70 }],
    ['first_at', 'First seen (UTC)', g.time],
    ['last_at', 'Last seen (UTC)', g.time],
    ['age_s', 'Ago', g.duration],
  ],
})
+ g.tile({
  title: 'Signals without an order',
  at: [0, 59, 6, 6],
  help: |||
    How many of the last ten signals that are at least a minute old have no order, not even a refused one. It is no verdict of health: refusals by the order manager's first checks leave no row.
    > most of them: look at order-manager, and at its lock store (Redis).
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
    Since when each strategy has sent no signal, and what is usual: the median of its last pauses. **long**: over three usual pauses.
    > long for one strategy: see its model; long for all: see model-service and the features it reads. @tinted@
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
    ['since_s', 'Ago', g.duration],
    ['median_pause_s', 'Usual pause', g.duration],
    ['silence', 'Silence', g.verdict(100, g.values([['usual', g.none], ['long', g.yellow], ['unknown', g.grey]]))],
  ],
})
+ g.table({
  title: 'Freshness of every source',
  at: [0, 65, 24, 17],
  help: |||
    Everything the gateway reads, and how current it is. A source is **fresh** while its last success is younger than *stale after*. @tinted@
    > the column Problem shows why a source does not answer; the page Cache shows its last attempts.
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
    ['last_success_at', 'Data as of', g.time { none: 'never' }],
    ['age_s', 'Age', g.duration { none: 'never' }],
    ['stale_after_s', 'Stale after', { width: 96, unit: 's' }],
    ['consecutive_failures', 'Failures in a row', g.right { width: 130 }],
    ['problem', 'Problem', g.left + g.dash + { minWidth: 200 }],
  ],
})
