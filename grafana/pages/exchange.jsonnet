local g = import '../lib/page.libsonnet';

g.page({
  uid: 'exchange',
  question: 'Are we connected to the exchange, since when, and what do we listen to?',
  sources: "source IN ('ws-gateway.health', 'postgres.subscriptions')",
  upstreams: "upstream IN ('ws-gateway', 'postgres')",
  from: 'now-6h',
  panels: [
    g.tiles({
      title: 'Connections now',
      at: [0, 3, 24, 4],
      help: |||
        The two connections to the exchange (Bybit), as they are now. *private* carries our own orders and balances and is reported by ws-gateway; *public* carries the market's prices and is judged by how old the newest market event is. *Unknown* (grey): nobody can tell.

        *What to do:* disconnected for more than a minute: look at the log of ws-gateway and at the exchange's status page.
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
      size: 24,
      colors: g.connectionWords,
      empty: 'unknown: no connections to show',
    }),
    g.table({
      title: 'Connections in detail',
      at: [0, 7, 24, 5],
      help: |||
        Details of each connection. **Known by**: *reported*: ws-gateway says so; *observed*: the gateway of this cache watched it from poll to poll, since **Observed since**; *inferred*: concluded from the age of the newest market event. Reconnects and connection time that are not reported are counted since then.

        **Subscriptions** counts the active rows of this connection; **Reported** is the total that ws-gateway tells, of all topics. *Connected for* is unknown without fresh data. Rows tinted yellow come from a source that is out of date.

        *What to do:* a rising number of reconnects points at an unsteady network; an old heartbeat at a connection that hangs.
      |||,
      sql: |||
        SELECT 't' AS _, connection || coalesce(' (' || environment || ')', '') AS name, status || CASE WHEN status = 'unknown' AND last_known_status IS NOT NULL THEN ', was ' || last_known_status ELSE '' END AS status, duration_s, connected_at, last_heartbeat_at, CAST(max(unixepoch() - last_heartbeat_at, 0) AS INTEGER) AS heartbeat_s, reconnect_count, active_subscriptions, reported_subscriptions, coalesce(doubt, last_error) AS last_error, basis, observed_since, freshness
        FROM ws_connection
        ORDER BY connection
      |||,
      times: ['connected_at', 'last_heartbeat_at', 'observed_since'],
      empty: 'No connections to show',
      columns: [
        g.notAvailable,
        ['name', 'Connection, environment', g.left { width: 138 }],
        ['status', 'Now', g.left + g.filled + {
          width: 192,
          colors: g.matching(g.connectionWords),
        }],
        ['duration_s', 'Connected for', g.duration { width: 94, none: 'n/a' }],
        ['connected_at', 'Connected since (UTC)', g.time { width: 158, none: 'n/a' }],
        ['last_heartbeat_at', 'Last sign of life (UTC)', g.time { width: 158, none: 'n/a' }],
        ['heartbeat_s', 'Ago', g.duration { width: 94, none: 'n/a' }],
        ['reconnect_count', 'Reconnects', g.right { width: 94 }],
        ['active_subscriptions', 'Sub- scriptions', g.right { width: 82 }],
        ['reported_subscriptions', 'Reported', g.right + g.dash + { width: 78 }],
        ['last_error', 'Last error, or doubt', g.left + g.dash + { minWidth: 60 }],
        ['basis', 'Known by', g.left { width: 76 }],
        ['observed_since', 'Observed since (UTC)', g.time + g.dash + { width: 158 }],
        g.tint,
      ],
    }),
    g.timeline({
      title: 'Connections over time',
      at: [0, 12, 24, 6],
      help: |||
        What each connection was, poll by poll. No colour: unknown. Obeys the time range above.

        *What to do:* red at regular distances points at a timeout somewhere; compare with the transitions below.
      |||,
      sql: |||
        SELECT max(time, $__from / 1000) AS time, min(shown_until, $__to / 1000) AS end_time, connection, status
        FROM (
          SELECT t.time, t.connection, t.status,
            CASE WHEN lead(t.time) OVER w - t.end_time <= coalesce(s.stale_after_s, 60) THEN lead(t.time) OVER w ELSE max(t.end_time, t.time + 1) END AS shown_until
          FROM ws_status_trend t
          LEFT JOIN source_status s ON s.source = CASE t.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END
          WINDOW w AS (PARTITION BY t.connection ORDER BY t.time)
        )
        WHERE time < $__to / 1000 AND shown_until > $__from / 1000
        ORDER BY connection, time
        LIMIT 5000
      |||,
      times: ['time', 'end_time'],
      by: 'connection',
      colors: [['connected', g.green], ['disconnected', g.red], ['connecting', g.yellow], ['reconnecting', g.yellow]],
      empty: 'No history to show in this time range',
    }),
    g.table({
      title: 'Changes of the connections',
      at: [0, 18, 12, 11],
      help: |||
        When a connection changed, the newest first, at most 200. Obeys the time range above. **Unsure by**: no poll saw the change; it may have happened that much earlier.

        *What to do:* many changes in a short time: the connection flaps; look at ws-gateway.
      |||,
      sql: |||
        SELECT 't' AS _, time, CAST(max(unixepoch() - time, 0) AS INTEGER) AS age_s, connection, from_status, to_status, CAST(time - not_before_at AS INTEGER) AS unsure_s
        FROM ws_transition
        WHERE time >= $__from / 1000 AND time < $__to / 1000
        ORDER BY time DESC
        LIMIT 200
      |||,
      times: ['time'],
      empty: 'No changes to show in this time range',
      columns: [
        g.notAvailable,
        ['time', 'Time (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['connection', 'Connection', g.left { width: 94 }],
        ['from_status', 'From', g.left + g.coloured + {
          width: 100,
          colors: g.matching(g.connectionWords),
        }],
        ['to_status', 'To', g.left + g.coloured + {
          minWidth: 96,
          colors: g.matching(g.connectionWords),
        }],
        ['unsure_s', 'Unsure by', g.duration + g.dash + { width: 94 }],
      ],
    }),
    g.table({
      title: 'Subscriptions by channel',
      at: [12, 18, 12, 11],
      help: |||
        What is subscribed at the exchange, by channel. **Newest event**: the newest message of any topic of the channel. Private channels (order, position, balance) are quiet when nothing is traded. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        *What to do:* a market channel (trades, ticker, kline, orderbook) whose newest event is minutes old while others are current: subscribe again.
      |||,
      sql: |||
        SELECT 't' AS _, coalesce(channel_type, '(none)') AS channel_type, sum(is_active) AS active, sum(1 - is_active) AS cancelled, count(DISTINCT CASE WHEN is_active = 1 THEN symbol END) AS symbols,
          count(DISTINCT CASE WHEN is_active = 1 THEN requesting_service END) AS services, max(topic_last_event_at) AS last_event_at, CAST(max(unixepoch() - max(topic_last_event_at), 0) AS INTEGER) AS age_s, max(freshness) AS freshness
        FROM subscription
        GROUP BY 2
        ORDER BY active DESC, channel_type
        LIMIT 100
      |||,
      times: ['last_event_at'],
      empty: 'No subscriptions to show',
      columns: [
        g.notAvailable,
        ['channel_type', 'Channel', g.left { minWidth: 76 }],
        ['active', 'Active', g.right { width: 62 }],
        ['cancelled', 'Cancelled', g.right { width: 84 }],
        ['symbols', 'Symbols', g.right { width: 74 }],
        ['services', 'Services', g.right { width: 74 }],
        ['last_event_at', 'Newest event (UTC)', g.time { width: 158, none: 'none' }],
        ['age_s', 'Age', g.duration { width: 94, none: 'none' }],
        g.tint,
      ],
    }),
    g.table({
      title: 'Active subscriptions',
      at: [0, 29, 24, 10],
      help: |||
        Every active subscription, those that are quiet for longest first, at most 200. Several services may ask for the same topic: the exchange sends it once, so **Newest event** is that of the topic. *Active* means wanted, not confirmed by the exchange. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        *What to do:* *none* under newest event: nothing ever came on this topic; check its name.
      |||,
      sql: |||
        SELECT 't' AS _, channel_type, symbol, topic, requesting_service, created_at, topic_last_event_at, CAST(max(unixepoch() - topic_last_event_at, 0) AS INTEGER) AS age_s, subscription_id, freshness
        FROM subscription
        WHERE is_active = 1
        ORDER BY topic_last_event_at IS NOT NULL, topic_last_event_at, topic
        LIMIT 200
      |||,
      times: ['created_at', 'topic_last_event_at'],
      empty: 'No active subscriptions to show',
      columns: [
        g.notAvailable,
        ['channel_type', 'Channel', g.left { width: 110 }],
        ['symbol', 'Symbol', g.left { width: 110, none: 'all' }],
        ['topic', 'Topic', g.left { minWidth: 160 }],
        ['requesting_service', 'Asked for by', g.left { width: 158 }],
        ['created_at', 'Since (UTC)', g.time + g.dash + { width: 158 }],
        ['topic_last_event_at', 'Newest event (UTC)', g.time { width: 158, none: 'none' }],
        ['age_s', 'Age', g.duration { width: 94, none: 'none' }],
        ['subscription_id', 'Subscription id', g.left { width: 300 }],
        g.tint,
      ],
    }),
    g.words({
      title: 'What is reported, observed, inferred',
      at: [0, 39, 24, 5],
      help: 'Where the figures of this page come from. Nothing to do here.',
      text: |||
        * **reported**: the service ws-gateway reports it in its /health. The *private* connection's status always is.
        * **observed**: ws-gateway does not report it, so the gateway of this cache notes what changes from one question to the next. Reconnects and connection times are then counted *since* it started to watch, and a change lies between two polls.
        * **inferred**: no service reports the *public* connection. It counts as connected while the newest market event of any active subscription is younger than a minute (`WS_QUIET_AFTER`).
      |||,
    }),
  ],
})
