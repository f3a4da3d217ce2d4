local g = import '../lib/page.libsonnet';

g.page({
  uid: 'exchange',
  question: 'Are we connected to the exchange, since when, and to what are we subscribed?',
  sources: "source IN ('ws-gateway.health', 'postgres.subscriptions')",
  upstreams: "upstream IN ('ws-gateway', 'postgres')",
  from: 'now-6h',
})
+ g.tiles({
  title: 'Connections now',
  at: [0, 3, 24, 4],
  help: |||
    The current state of the two connections to the exchange (Bybit). *private* carries our own orders and balances and is reported by ws-gateway; *public* carries market data and is judged by the age of the newest market event. *Unknown* (grey): no current data.
    > disconnected for more than a minute: check the log of ws-gateway and the exchange's status page.
  |||,
  sql: |||
    SELECT connection, status || CASE
        WHEN status <> 'unknown' THEN coalesce(' (' || environment || ')', '')
        WHEN doubt IS NOT NULL THEN ': ' || doubt
        WHEN last_known_status IS NULL THEN ': never seen'
        ELSE ', last known ' || last_known_status END AS status
    FROM ws_connection
    ORDER BY connection
  |||,
  field: 'status',
  size: 20,
  colors: g.connectionWords,
  empty: 'unknown: no connections to show',
})
+ g.table({
  title: 'Connections in detail',
  at: [0, 7, 24, 5],
  help: |||
    **Basis** is explained at the end of the page. **Subscriptions** counts the active rows of this connection; **Reported** is ws-gateway's own total over all topics. *Connected for* is unknown without fresh data. @tinted@
    > a rising number of reconnects points to an unstable network, an old heartbeat to a hung connection.
  |||,
  sql: |||
    SELECT connection || coalesce(' (' || environment || ')', '') AS name, @was status last_known_status@ AS status, duration_s, last_heartbeat_at, @since last_heartbeat_at heartbeat_s@, reconnect_count, active_subscriptions, reported_subscriptions, coalesce(doubt, last_error) AS last_error, basis, freshness
    FROM ws_connection
    ORDER BY connection
  |||,
  empty: 'No connections to show',
  columns: [
    ['name', 'Connection', g.wide(124)],
    ['status', 'Now', g.verdict(176, g.connectionWords)],
    ['duration_s', 'Connected for', g.duration { none: 'n/a' }],
    ['last_heartbeat_at', 'Last heartbeat (UTC)', g.time { none: 'n/a' }],
    ['heartbeat_s', 'Age', g.duration { none: 'n/a' }],
    ['reconnect_count', 'Reconnects', g.right { width: 94 }],
    ['active_subscriptions', 'Subscriptions', g.right { width: 110 }],
    ['reported_subscriptions', 'Reported', g.right + g.dash + { width: 78 }],
    ['last_error', 'Last error or doubt', g.left + g.dash + { minWidth: 100 }],
    ['basis', 'Basis', g.wide(84)],
  ],
})
+ g.timeline({
  title: 'Connections over time',
  at: [0, 12, 24, 6],
  help: |||
    The state of each connection at every poll. No colour: unknown. @range@
    > red at regular intervals points to a timeout somewhere; compare with the transitions below.
  |||,
  of: 'ws_status_trend',
  source: "CASE t.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END",
  by: 'connection',
  colors: [['connected', g.green], ['disconnected', g.red], ['connecting', g.yellow], ['reconnecting', g.yellow]],
  empty: 'No history to show in this time range',
})
+ g.table({
  title: 'Connection changes',
  at: [0, 18, 12, 11],
  help: |||
    State changes of the connections, newest first, at most 200. @range@ **Uncertainty**: no poll saw the change; it may have happened that much earlier.
    > many changes in a short time: the connection is flapping; check ws-gateway.
  |||,
  sql: |||
    SELECT time, @since time age_s@, connection, from_status, to_status, CAST(time - not_before_at AS INTEGER) AS unsure_s
    FROM ws_transition
    WHERE @in_range@
    ORDER BY time DESC
    LIMIT 200
  |||,
  empty: 'No changes to show in this time range',
  tinted: false,
  columns: [
    g.at,
    ['age_s', 'Age', g.duration { width: 84 }],
    ['connection', 'Connection', g.wide(84)],
    ['from_status', 'From', g.word(96, g.connectionWords)],
    ['to_status', 'To', g.left + g.coloured + { minWidth: 96, colors: g.connectionWords }],
    ['unsure_s', 'Uncertainty', g.duration { width: 92 }],
  ],
})
+ g.table({
  title: 'Subscriptions by channel',
  at: [12, 18, 12, 11],
  help: |||
    Subscriptions at the exchange, by channel. **Newest event**: the newest message of any topic of the channel. Private channels (order, position, balance) are quiet when there is no trading. @always@ @tinted@
    > if the newest event of a market channel (trades, ticker, kline, orderbook) is minutes old while others are current, subscribe again.
  |||,
  sql: |||
    SELECT coalesce(channel_type, '(none)') AS channel_type, sum(is_active) AS active, sum(1 - is_active) AS cancelled, count(DISTINCT CASE WHEN is_active = 1 THEN symbol END) AS symbols,
      count(DISTINCT CASE WHEN is_active = 1 THEN requesting_service END) AS services, max(topic_last_event_at) AS last_event_at, @since max(topic_last_event_at) age_s@, max(freshness) AS freshness
    FROM subscription
    GROUP BY 2
    ORDER BY active DESC, channel_type
    LIMIT 100
  |||,
  empty: 'No subscriptions to show',
  columns: [
    ['channel_type', 'Channel', g.from(76)],
    ['active', 'Active', g.right { width: 62 }],
    ['cancelled', 'Cancelled', g.right { width: 78 }],
    ['symbols', 'Symbols', g.right { width: 68 }],
    ['services', 'Services', g.right { width: 74 }],
    ['last_event_at', 'Newest event (UTC)', g.time { none: 'none' }],
    ['age_s', 'Age', g.duration { none: 'none' }],
  ],
})
+ g.table({
  title: 'Active subscriptions',
  at: [0, 29, 24, 10],
  help: |||
    All active subscriptions, longest silent first, at most 200. Several services may subscribe to the same topic; the exchange sends it once, so **Newest event** is that of the topic. *Active* means requested, not confirmed by the exchange. @always@ @tinted@
    > *none* under *Newest event*: nothing was ever received on this topic; check its name.
  |||,
  sql: |||
    SELECT channel_type, symbol, topic, requesting_service, created_at, topic_last_event_at, @since topic_last_event_at age_s@, subscription_id, freshness
    FROM subscription
    WHERE is_active = 1
    ORDER BY topic_last_event_at IS NOT NULL, topic_last_event_at, topic
    LIMIT 200
  |||,
  empty: 'No active subscriptions to show',
  columns: [
    ['channel_type', 'Channel', g.wide(110)],
    ['symbol', 'Symbol', g.left { width: 110, none: 'all' }],
    ['topic', 'Topic', g.from(160)],
    ['requesting_service', 'Requested by', g.wide(158)],
    ['created_at', 'Since (UTC)', g.time],
    ['topic_last_event_at', 'Newest event (UTC)', g.time { none: 'none' }],
    ['age_s', 'Age', g.duration { none: 'none' }],
    ['subscription_id', 'Subscription id', g.wide(296)],
  ],
})
+ g.words({
  title: 'Reported, observed, inferred',
  at: [0, 39, 24, 5],
  help: 'Where the figures on this page come from.',
  text: |||
    * **reported**: in the /health of ws-gateway. The status of the *private* connection always is.
    * **observed**: not reported by ws-gateway, but seen to change between two polls of the cache gateway. Reconnects and connection times are then counted since it began to observe.
    * **inferred**: no service reports the *public* connection. It counts as connected while the newest market event of any active subscription is younger than `WS_QUIET_AFTER` (one minute).
  |||,
})
