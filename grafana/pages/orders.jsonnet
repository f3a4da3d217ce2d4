local g = import '../lib/page.libsonnet';

g.page({
  uid: 'orders',
  question: 'What became of the orders, and why did a signal lead to nothing? The last 100 orders and the way from signal to execution.',
  sources: "source IN ('postgres.orders', 'postgres.executions', 'postgres.signals')",
  upstreams: "upstream IN ('postgres')",
  from: 'now-6h',
  variables: [
    g.choice('closure', 'Ended as', 'Show only orders that ended like this', 'closure', ['open', 'filled', 'cancelled', 'rejected', ['dry run', 'dry_run']]),
    g.choiceOf('strategy', 'Strategy', 'Show only these strategies; (none): orders of no known signal', 'strategy_id', "SELECT ifnull(strategy_id, '(none)') AS strategy FROM recent_orders UNION SELECT ifnull(strategy_id, '(none)') FROM recent_signals ORDER BY 1"),
    g.choiceOf('asset', 'Asset', 'Show only these assets', 'asset', "SELECT ifnull(asset, '(none)') AS asset FROM recent_orders UNION SELECT ifnull(asset, '(none)') FROM recent_signals ORDER BY 1"),
    g.search('order', 'Order id', 'An order id or a part of one'),
    g.search('signal', 'Signal id', 'A signal id or a part of one'),
  ],
  panels: [
    g.figures({
      title: 'How the last 100 orders ended',
      at: [0, 3, 24, 3],
      help: |||
        Of the newest 100 orders of the strategies and assets chosen above: how many were filled, cancelled, rejected, are open, or were only simulated. Unknown while the orders are out of date; the table below keeps the last known ones. The time range above does not matter here.

        *What to do:* many *rejected*: the column *Why* below has the reason (often the balance or a risk limit). *Cancelled* orders are usual: not filled in time, or a newer signal took their place.
      |||,
      sql: |||
        SELECT CASE WHEN fresh THEN total(closure = 'filled') END AS filled, CASE WHEN fresh THEN total(closure = 'open') END AS open,
          CASE WHEN fresh THEN total(closure = 'cancelled') END AS cancelled, CASE WHEN fresh THEN total(closure = 'rejected') END AS rejected,
          CASE WHEN fresh THEN total(closure = 'dry_run') END AS dry_run, read_s
        FROM (SELECT coalesce(max(freshness) = 'fresh', 0) AS fresh, CAST(max(age_s, 0) AS INTEGER) AS read_s FROM source_status WHERE source = 'postgres.orders')
        LEFT JOIN (SELECT closure FROM recent_orders WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ ORDER BY time DESC LIMIT 100)
      |||,
      size: 24,
      empty: 'unknown',
      columns: [
        ['filled', 'Filled', { steps: g.steps([g.plain, [1, g.green]]) }],
        ['open', 'Open', { steps: g.steps([g.plain, [1, g.blue]]) }],
        ['cancelled', 'Cancelled', { steps: g.steps([g.plain, [1, g.yellow]]) }],
        ['rejected', 'Rejected', { steps: g.steps([g.plain, [1, g.red]]) }],
        ['dry_run', 'Dry run', { steps: g.steps([g.plain, [1, g.purple]]) }],
        ['read_s', 'Updated', { none: 'never read', unit: 'dtdurations', decimals: 0 }],
      ],
    }),
    g.table({
      title: 'The last 100 orders',
      at: [0, 6, 24, 16],
      help: |||
        The newest 100 orders that fit the choices above, the newest first, however old. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        * **Ended as**: *filled*; *cancelled*; *rejected* by the order manager or the exchange; *open*; *dry run*: simulated, never sent.
        * **Why**: the reason of a rejection. For cancelled orders none is ever recorded.
        * **Executed or closed**: when a filled order was executed, or a cancelled or rejected one ended.
        * Figures are rounded to be readable; the order in full below has every digit. **n/a** means that it is not recorded, never zero. Most fills carry no profit (PnL): the trading system records it rarely. Negative fees are a rebate.

        *What to do:* click an order id to see the order in full, a signal id to see why it was wanted.
      |||,
      sql: |||
        SELECT 't' AS _, time, CAST(max(unixepoch() - time, 0) AS INTEGER) AS age_s, strategy_id, asset, side, closure,
          coalesce(close_reason, CASE closure WHEN 'cancelled' THEN 'not recorded' WHEN 'rejected' THEN 'the exchange gave no reason' WHEN 'open' THEN CASE WHEN status = 'partially_filled' THEN 'partly filled so far' END END) AS reason,
          coalesce(CASE WHEN closure = 'filled' THEN executed_at END, closed_at) AS ended_at, round(execution_price, CASE WHEN abs(execution_price) >= 1000 THEN 2 WHEN abs(execution_price) >= 10 THEN 4 WHEN abs(execution_price) >= 0.1 THEN 5 WHEN abs(execution_price) >= 0.001 THEN 6 ELSE 8 END) AS execution_price,
          CASE WHEN closure = 'filled' OR execution_quantity > 0 THEN round(execution_quantity, CASE WHEN abs(execution_quantity) >= 1000 THEN 2 WHEN abs(execution_quantity) >= 10 THEN 4 WHEN abs(execution_quantity) >= 0.1 THEN 5 WHEN abs(execution_quantity) >= 0.001 THEN 6 ELSE 8 END) END AS execution_quantity, round(execution_fees, CASE WHEN abs(execution_fees) >= 1000 THEN 2 WHEN abs(execution_fees) >= 10 THEN 4 WHEN abs(execution_fees) >= 0.1 THEN 5 WHEN abs(execution_fees) >= 0.001 THEN 6 ELSE 8 END) AS execution_fees, realized_pnl, order_id, signal_id, freshness
        FROM recent_orders
        WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen closure closure@
          AND @contains order_id order@ AND @contains signal_id signal@
        ORDER BY time DESC, order_id
        LIMIT 100
      |||,
      times: ['time', 'ended_at'],
      empty: 'No orders to show',
      columns: [
        g.notAvailable,
        ['time', 'Created (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['strategy_id', 'Strategy', g.left { width: 108 }],
        ['asset', 'Asset', g.left { width: 84 }],
        g.side,
        ['closure', 'Ended as', g.left + g.filled + {
          width: 82,
          colors: g.values([
            ['open', g.blue],
            ['filled', g.green],
            ['cancelled', g.yellow],
            ['rejected', g.red],
            ['dry_run', g.purple, 'dry run'],
          ]),
        }],
        ['reason', 'Why', g.left + g.dash + { minWidth: 50 }],
        ['ended_at', 'Executed or closed (UTC)', g.time + g.dash + { width: 158 }],
        ['execution_price', 'Exec. price', g.right { width: 90, unit: 'string' }],
        ['execution_quantity', 'Exec. quantity', g.right { width: 90, unit: 'string' }],
        ['execution_fees', 'Fees', g.right { width: 80, unit: 'string' }],
        g.pnl,
        ['order_id', 'Order id', g.left + g.toOrder + { width: 70 }],
        ['signal_id', 'Signal id', g.left + g.toSignal + { width: 70 }],
        g.tint,
      ],
    }),
    g.table({
      title: 'From signal to order to execution',
      at: [0, 22, 24, 16],
      help: |||
        For each of the newest 100 signals of the choices above: which order came of it, what the order came to, and in a sentence why a signal led to nothing. Where a signal has several orders the best one is shown, and the sentence tells their number. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        * **Order after**, **Executed after**: seconds from the signal. The clocks of the services differ a little, so a small minus is possible.

        *What to do:* read *What happened*; for *no order* look at the log of order-manager and at the queue model-service.trading_signals.
      |||,
      sql: |||
        WITH s AS MATERIALIZED (
          SELECT time, signal_id, strategy_id, asset, side, price, confidence, kind, freshness
          FROM recent_signals
          WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @contains signal_id signal@
          ORDER BY time DESC
          LIMIT 100
        ), held AS MATERIALIZED (
          SELECT signal_id, order_id, time, closure, status, quantity, close_reason, execution_price, execution_quantity, executed_at, realized_pnl FROM recent_orders
        ), o AS (
          SELECT *, count(*) OVER (PARTITION BY signal_id) AS orders,
            row_number() OVER (PARTITION BY signal_id ORDER BY CASE closure WHEN 'filled' THEN 0 WHEN 'open' THEN 1 WHEN 'cancelled' THEN 2 WHEN 'rejected' THEN 3 ELSE 4 END, time DESC) AS n
          FROM held
          WHERE signal_id IN (SELECT signal_id FROM s)
        ), f AS (
          SELECT coalesce(max(freshness), 'never') AS freshness, max(last_success_at) AS read_at,
            (SELECT max(since) FROM (SELECT min(time) AS since FROM held WHERE closure <> 'open' GROUP BY closure HAVING count(*) >= 100)) AS kept_since
          FROM source_status
          WHERE source = 'postgres.orders'
        )
        SELECT 't' AS _, s.time, CAST(max(unixepoch() - s.time, 0) AS INTEGER) AS age_s, s.strategy_id, s.asset, s.side, s.confidence,
          CASE WHEN o.closure IS NOT NULL THEN o.closure
            WHEN f.freshness = 'fresh' AND unixepoch() - s.time < 60 THEN 'not yet'
            WHEN f.read_at IS NULL OR s.time > f.read_at - 60 OR s.time < f.kept_since THEN 'unknown'
            ELSE 'no order' END AS result,
          CASE o.closure
            WHEN 'filled' THEN 'Filled: ' || coalesce(round(o.execution_quantity, CASE WHEN abs(o.execution_quantity) >= 1000 THEN 2 WHEN abs(o.execution_quantity) >= 10 THEN 4 WHEN abs(o.execution_quantity) >= 0.1 THEN 5 WHEN abs(o.execution_quantity) >= 0.001 THEN 6 ELSE 8 END), '?') || ' at ' || coalesce(round(o.execution_price, CASE WHEN abs(o.execution_price) >= 1000 THEN 2 WHEN abs(o.execution_price) >= 10 THEN 4 WHEN abs(o.execution_price) >= 0.1 THEN 5 WHEN abs(o.execution_price) >= 0.001 THEN 6 ELSE 8 END), '?') || coalesce(CASE WHEN o.realized_pnl >= 0 THEN ', profit ' ELSE ', loss ' END || round(abs(o.realized_pnl), 4), ', profit not recorded')
            WHEN 'open' THEN CASE WHEN f.freshness <> 'fresh' THEN 'When last read, at ' || strftime('%H:%M:%S', f.read_at, 'unixepoch') || ' UTC: the' ELSE 'The' END || CASE WHEN o.status = 'partially_filled' THEN ' order is partly filled, the rest waits at the exchange' ELSE ' order is placed and waits to be filled' END
            WHEN 'cancelled' THEN CASE WHEN o.execution_quantity > 0 THEN 'Cancelled after ' || round(o.execution_quantity, CASE WHEN abs(o.execution_quantity) >= 1000 THEN 2 WHEN abs(o.execution_quantity) >= 10 THEN 4 WHEN abs(o.execution_quantity) >= 0.1 THEN 5 WHEN abs(o.execution_quantity) >= 0.001 THEN 6 ELSE 8 END) || ' of ' || round(o.quantity, CASE WHEN abs(o.quantity) >= 1000 THEN 2 WHEN abs(o.quantity) >= 10 THEN 4 WHEN abs(o.quantity) >= 0.1 THEN 5 WHEN abs(o.quantity) >= 0.001 THEN 6 ELSE 8 END) || ' were filled' ELSE 'Cancelled before anything was filled' END || ', no reason is recorded (usual: too slow to fill, or a newer signal took its place)'
            WHEN 'rejected' THEN 'Rejected: ' || coalesce(o.close_reason, 'the exchange gave no reason')
            WHEN 'dry_run' THEN 'Only simulated: the order manager makes dry runs, nothing was sent to the exchange'
            ELSE CASE
              WHEN f.freshness = 'fresh' AND unixepoch() - s.time < 60 THEN 'No order yet: the signal is less than a minute old'
              WHEN f.read_at IS NULL THEN 'Unknown: the orders were never read'
              WHEN s.time > f.read_at - 60 THEN 'Unknown: the orders were last read at ' || strftime('%H:%M:%S', f.read_at, 'unixepoch') || ' UTC, too early for an order of this signal to show'
              WHEN s.time < f.kept_since THEN 'Unknown: so long ago that its order may no longer be kept here'
              ELSE 'No order: the order manager refused the signal without a record, or never got it' END
            END || CASE WHEN o.orders > 1 THEN ' (the best of ' || o.orders || ' orders)' ELSE '' END AS what_happened,
          o.time - s.time AS order_after_s, o.executed_at - s.time AS executed_after_s, o.realized_pnl, s.signal_id, o.order_id,
          CASE WHEN f.freshness IN ('stale', 'never') THEN f.freshness ELSE s.freshness END AS freshness
        FROM s
        CROSS JOIN f
        LEFT JOIN o ON o.signal_id = s.signal_id AND o.n = 1
        ORDER BY s.time DESC, s.signal_id
      |||,
      times: ['time'],
      empty: 'No signals to show',
      columns: [
        g.notAvailable,
        ['time', 'Signal (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['strategy_id', 'Strategy', g.left { width: 108 }],
        ['asset', 'Asset', g.left { width: 84 }],
        g.side,
        ['confidence', 'Confi- dence', g.right { width: 62, unit: 'percentunit', decimals: 0 }],
        ['result', 'Came to', g.left + g.filled + {
          width: 82,
          colors: g.values([
            ['open', g.blue],
            ['filled', g.green],
            ['cancelled', g.yellow],
            ['rejected', g.red],
            ['dry_run', g.purple, 'dry run'],
            ['no order', g.yellow],
            ['not yet', g.blue],
            ['unknown', g.grey],
          ]),
        }],
        ['what_happened', 'What happened', g.left + g.wrapped + { minWidth: 240 }],
        ['order_after_s', 'Order after', g.right + g.dash + { width: 66, unit: 'suffix: s', decimals: 1 }],
        ['executed_after_s', 'Executed after', g.right + g.dash + { width: 74, unit: 'suffix: s', decimals: 1 }],
        g.pnl,
        ['signal_id', 'Signal id', g.left + g.toSignal + { width: 70 }],
        ['order_id', 'Order id', g.left + g.toOrder + { width: 70, none: '' }],
        g.tint,
      ],
    }),
    g.table({
      title: 'One order in full',
      at: [0, 38, 9, 16],
      help: |||
        Everything that is known of one order: the one whose id is in the field *Order id* (or *Signal id*) above; without one, the newest of all.

        *What to do:* click an order id in one of the lists, or paste one (or a part of one) into the field.
      |||,
      sql: |||
        WITH o AS MATERIALIZED (
          SELECT * FROM recent_orders WHERE @contains order_id order@ AND @contains signal_id signal@ ORDER BY time DESC, order_id LIMIT 1
        )
        SELECT 't' AS _, attribute, value, freshness FROM (
          SELECT 1 AS n, 'Order id' AS attribute, order_id AS value, freshness FROM o
          UNION ALL SELECT 2, 'Signal id', signal_id, freshness FROM o
          UNION ALL SELECT 3, 'Strategy', strategy_id, freshness FROM o
          UNION ALL SELECT 4, 'Created', strftime('%Y-%m-%d %H:%M:%f', time, 'unixepoch') || ' UTC', freshness FROM o
          UNION ALL SELECT 5, 'Ordered', side || ' ' || quantity || ' ' || asset || coalesce(', ' || lower(order_type), '') || coalesce(' at ' || price, ''), freshness FROM o
          UNION ALL SELECT 6, 'Ended as', replace(closure, '_', ' ') || coalesce(' (upstream says ' || status || ')', ''), freshness FROM o
          UNION ALL SELECT 7, 'Why', close_reason, freshness FROM o
          UNION ALL SELECT 8, 'Closed', strftime('%Y-%m-%d %H:%M:%f', closed_at, 'unixepoch') || ' UTC', freshness FROM o
          UNION ALL SELECT 9, 'Executed', strftime('%Y-%m-%d %H:%M:%f', executed_at, 'unixepoch') || ' UTC', freshness FROM o
          UNION ALL SELECT 10, 'Execution price', CAST(execution_price AS TEXT), freshness FROM o
          UNION ALL SELECT 11, 'Execution quantity', CAST(execution_quantity AS TEXT), freshness FROM o
          UNION ALL SELECT 12, 'Fees', CAST(execution_fees AS TEXT), freshness FROM o
          UNION ALL SELECT 13, 'Realised PnL', CAST(realized_pnl AS TEXT), freshness FROM o
          UNION ALL SELECT 14, 'Dry run', CASE is_dry_run WHEN 1 THEN 'yes, only simulated' WHEN 0 THEN 'no' END, freshness FROM o
        )
        ORDER BY n
      |||,
      empty: 'No order to show',
      columns: [
        g.notAvailable,
        ['attribute', 'What', g.left { width: 158 }],
        ['value', 'Value', g.left + g.wrapped + { minWidth: 150 }],
        g.tint,
      ],
    }) { id: 6 },
    g.table({
      title: 'Outcome',
      at: [9, 38, 15, 16],
      help: |||
        The events of the same order, and of the signal it came from, the oldest first.

        *What to do:* click the signal id to see the whole story from the signal on.
      |||,
      sql: |||
        SELECT 't' AS _, time, event_type, service, status, summary, signal_id
        FROM event_history
        CROSS JOIN (SELECT order_id AS one_order, signal_id AS one_signal FROM recent_orders WHERE @contains order_id order@ AND @contains signal_id signal@ ORDER BY time DESC, order_id LIMIT 1)
        WHERE order_id = one_order OR signal_id = one_signal
        ORDER BY time, event_id DESC
        LIMIT 100
      |||,
      times: ['time'],
      empty: 'No events of this order to show',
      columns: [
        g.notAvailable,
        ['time', 'Time (UTC)', g.time + g.dash + { width: 158 }],
        ['event_type', 'Event', g.left + g.coloured + {
          width: 176,
          colors: g.matching([
            ['^(trading_)', g.blue],
            ['^(order_)', g.purple],
            ['^(model_)', g.orange],
            ['^(subscription_)', 'super-light-blue'],
            ['^(websocket_)', '#2aa198'],
            ['^(service_|upstream_|gateway_)', '#d6649b'],
          ]),
        }],
        ['service', 'Service', g.left { width: 110 }],
        ['status', 'Status', g.left + g.dash + { width: 80 }],
        ['summary', 'What happened', g.left + g.wrapped + { minWidth: 140 }],
        ['signal_id', 'Signal id', g.left + g.toSignal + { width: 90, none: '' }],
      ],
    }) { id: 7 },
    g.bars({
      title: 'How orders ended over time',
      at: [0, 54, 24, 8],
      help: |||
        Orders that ended, counted by how. Obeys the time range above. It reaches back as far as the event history (30 days and 1,000 endings, unless configured otherwise). A red shade marks a time when the database could not be read; what ended then is filled in afterwards.

        *What to do:* a growing share of red or yellow: see the reasons in the list.
      |||,
      sql: |||
        WITH w AS (SELECT max(60, ($__to - $__from) / 1000 / 96) AS step)
        SELECT CAST(time AS INTEGER) / step * step AS time, status, count(*) AS orders
        FROM event_history CROSS JOIN w
        WHERE event_type = 'order_closed' AND time >= $__from / 1000 AND time < $__to / 1000 AND @chosen strategy_id strategy@ AND @chosen asset asset@
        GROUP BY 1, 2
        ORDER BY 1
      |||,
      times: ['time'],
      by: 'status',
      empty: 'No ended orders to show in this time range',
      columns: [
        ['filled', null, { fixed: g.green }],
        ['cancelled', null, { fixed: g.yellow }],
        ['rejected', null, { fixed: g.red }],
      ],
      more: g.legendTable(['sum']),
    }) { id: 5 },
  ],
})
