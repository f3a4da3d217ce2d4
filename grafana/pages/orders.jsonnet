local g = import '../lib/page.libsonnet';

// How an order may have ended: its colour, word, and title.
local closures = [
  ['filled', g.green, 'filled', 'Filled'],
  ['open', g.blue, 'open', 'Open'],
  ['cancelled', g.yellow, 'cancelled', 'Cancelled'],
  ['rejected', g.red, 'rejected', 'Rejected'],
  ['dry_run', g.purple, 'dry run', 'Dry run'],
];

g.page({
  uid: 'orders',
  question: 'How did the orders end, and why did a signal not lead to a trade? The last 100 orders and the path from signal to execution.',
  sources: "source IN ('postgres.orders', 'postgres.executions', 'postgres.signals')",
  upstreams: "upstream IN ('postgres')",
  from: 'now-6h',
  variables: [
    g.choice('closure', 'Outcome', 'Show only orders with these outcomes', 'closure', ['open', 'filled', 'cancelled', 'rejected', ['dry run', 'dry_run']]),
    g.strategies(['recent_orders', 'recent_signals']),
    g.assets(['recent_orders', 'recent_signals']),
    g.search('order', 'Order id', 'An order id, or part of one'),
    g.search('signal', 'Signal id', 'A signal id, or part of one'),
  ],
})
+ g.figures({
  title: 'Outcomes of the last 100 orders',
  at: [0, 3, 24, 3],
  help: |||
    How many of the newest 100 orders of the selected strategies and assets were filled, cancelled, rejected, are open, or were dry runs. Unknown while the data is stale; the table below keeps the last known orders. @always@
    > many *rejected*: see *Reason* below (often the balance or a risk limit). *Cancelled* orders are normal: not filled in time, or replaced by a newer signal.
  |||,
  sql: |||
    SELECT %s, read_s
    FROM (SELECT coalesce(max(freshness) = 'fresh', 0) AS fresh, CAST(max(age_s, 0) AS INTEGER) AS read_s FROM source_status WHERE source = 'postgres.orders')
    LEFT JOIN (SELECT closure FROM recent_orders WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ ORDER BY time DESC LIMIT 100)
  ||| % std.join(', ', ["CASE WHEN fresh THEN total(closure = '%s') END AS %s" % [one[0], one[0]] for one in closures]),
  empty: 'unknown',
  columns: [[one[0], one[3], { steps: g.steps([g.plain, [1, one[1]]]) }] for one in closures] + [
    ['read_s', 'Updated', { none: 'never', unit: 'dtdurations', decimals: 0 }],
  ],
})
+ g.table({
  title: 'The last 100 orders',
  at: [0, 6, 24, 16],
  help: |||
    The newest 100 orders that match the filters above, newest first, regardless of age. @always@ @tinted@

    * **Outcome**: *filled*; *cancelled*; *rejected* by the order manager or the exchange; *open*; *dry run*: simulated, never sent.
    * **Reason** of a rejection. The trading system records none for cancelled orders.
    * **Ended after**: seconds until it was executed, cancelled or rejected.
    * Figures are rounded; *Order details* below has all digits. **n/a** means not recorded, never zero. Most fills have no profit (PnL): the trading system rarely records it. Negative fees are a rebate.
    > click an order id for the order's details, a signal id for the signal behind it.
  |||,
  sql: |||
    SELECT time, @since time age_s@, strategy_id, asset, side, closure,
      coalesce(close_reason, CASE closure WHEN 'cancelled' THEN 'not recorded' WHEN 'rejected' THEN 'the exchange gave no reason' WHEN 'open' THEN CASE WHEN status = 'partially_filled' THEN 'partly filled so far' END END) AS reason,
      coalesce(CASE WHEN closure = 'filled' THEN executed_at END, closed_at) - time AS ended_s, @rounded execution_price@ AS execution_price,
      CASE WHEN closure = 'filled' OR execution_quantity > 0 THEN @rounded execution_quantity@ END AS execution_quantity, @rounded execution_fees@ AS execution_fees, realized_pnl, order_id, signal_id, freshness
    FROM recent_orders
    WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen closure closure@
      AND @contains order_id order@ AND @contains signal_id signal@
    ORDER BY time DESC, order_id
    LIMIT 100
  |||,
  empty: 'No orders to show',
  columns: [
    ['time', 'Created (UTC)', g.time],
    g.age,
    g.strategy,
    g.asset,
    g.side,
    ['closure', 'Outcome', g.verdict(82, g.values(closures))],
    ['reason', 'Reason', g.left + g.dash + { minWidth: 50 }],
    ['ended_s', 'Ended after', g.right + g.dash + { width: 66, unit: 'suffix: s', decimals: 1 }],
    ['execution_price', 'Exec. price', g.right { width: 90, unit: 'string' }],
    ['execution_quantity', 'Exec. quantity', g.right { width: 90, unit: 'string' }],
    ['execution_fees', 'Fees', g.right { width: 80, unit: 'string' }],
    g.pnl,
    g.orderId({ width: 70 }),
    g.signalId({ width: 70 }),
  ],
})
+ g.table({
  title: 'From signal to order to execution',
  at: [0, 22, 24, 16],
  help: |||
    For each of the newest 100 signals that match the filters: the order that followed, its outcome, and one sentence on why a signal did not lead to a trade. For a signal with several orders the most successful one is shown, with their number in the sentence. @always@ @tinted@

    * **Order after**, **Executed after**: seconds from the signal. The services' clocks differ slightly, so small negative values are possible.
    > read *What happened*; for *no order*, check the log of order-manager and the queue model-service.trading_signals.
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
    SELECT 't' AS _, s.time, @since s.time age_s@, s.strategy_id, s.asset, s.side, s.confidence,
      CASE WHEN o.closure IS NOT NULL THEN o.closure
        WHEN f.freshness = 'fresh' AND unixepoch() - s.time < 60 THEN 'not yet'
        WHEN f.read_at IS NULL OR s.time > f.read_at - 60 OR s.time < f.kept_since THEN 'unknown'
        ELSE 'no order' END AS result,
      CASE o.closure
        WHEN 'filled' THEN 'Filled: ' || coalesce(@rounded o.execution_quantity@, '?') || ' at ' || coalesce(@rounded o.execution_price@, '?') || coalesce(CASE WHEN o.realized_pnl >= 0 THEN ', profit ' ELSE ', loss ' END || round(abs(o.realized_pnl), 4), ', profit not recorded')
        WHEN 'open' THEN CASE WHEN f.freshness <> 'fresh' THEN 'As of ' || strftime('%H:%M:%S', f.read_at, 'unixepoch') || ' UTC: the' ELSE 'The' END || CASE WHEN o.status = 'partially_filled' THEN ' order is partly filled, the rest is open at the exchange' ELSE ' order is placed and not yet filled' END
        WHEN 'cancelled' THEN CASE WHEN o.execution_quantity > 0 THEN 'Cancelled after ' || @rounded o.execution_quantity@ || ' of ' || @rounded o.quantity@ || ' were filled' ELSE 'Cancelled before anything was filled' END || ', no reason recorded (usually not filled in time, or replaced by a newer signal)'
        WHEN 'rejected' THEN 'Rejected: ' || coalesce(o.close_reason, 'the exchange gave no reason')
        WHEN 'dry_run' THEN 'Dry run: nothing was sent to the exchange'
        ELSE CASE
          WHEN f.freshness = 'fresh' AND unixepoch() - s.time < 60 THEN 'No order yet: the signal is less than a minute old'
          WHEN f.read_at IS NULL THEN 'Unknown: the orders were never read'
          WHEN s.time > f.read_at - 60 THEN 'Unknown: the orders were last read at ' || strftime('%H:%M:%S', f.read_at, 'unixepoch') || ' UTC, too early for an order of this signal to show'
          WHEN s.time < f.kept_since THEN 'Unknown: too old, its order may no longer be in the cache'
          ELSE 'No order: the order manager refused the signal without a record, or never received it' END
        END || CASE WHEN o.orders > 1 THEN ' (the best of ' || o.orders || ' orders)' ELSE '' END AS what_happened,
      o.time - s.time AS order_after_s, o.executed_at - s.time AS executed_after_s, o.realized_pnl, s.signal_id, o.order_id,
      CASE WHEN f.freshness IN ('stale', 'never') THEN f.freshness ELSE s.freshness END AS freshness
    FROM s
    CROSS JOIN f
    LEFT JOIN o ON o.signal_id = s.signal_id AND o.n = 1
    ORDER BY s.time DESC, s.signal_id
  |||,
  empty: 'No signals to show',
  columns: [
    ['time', 'Signal (UTC)', g.time],
    g.age,
    g.strategy,
    g.asset,
    g.side,
    ['confidence', 'Confi- dence', g.right { width: 62, unit: 'percentunit', decimals: 0 }],
    ['result', 'Outcome', g.verdict(82, g.values(closures + [['no order', g.yellow], ['not yet', g.blue], ['unknown', g.grey]]))],
    ['what_happened', 'What happened', g.left + g.wrapped + { minWidth: 240 }],
    ['order_after_s', 'Order after', g.right + g.dash + { width: 66, unit: 'suffix: s', decimals: 1 }],
    ['executed_after_s', 'Executed after', g.right + g.dash + { width: 74, unit: 'suffix: s', decimals: 1 }],
    g.pnl,
    g.signalId({ width: 70 }),
    g.orderId({ width: 70, none: '' }),
  ],
})
+ g.table({
  title: 'Order details',
  at: [0, 38, 9, 16],
  help: |||
    All data of one order: the one whose id is in the field *Order id* (or *Signal id*) above, or else the newest.
    > click an order id in one of the tables, or paste one (or part of one) into the field.
  |||,
  sql: |||
    WITH o AS MATERIALIZED (
      SELECT * FROM recent_orders WHERE @contains order_id order@ AND @contains signal_id signal@ ORDER BY time DESC, order_id LIMIT 1
    )
  ||| + g.attributes('o', |||
    Order id: order_id
    Signal id: signal_id
    Strategy: strategy_id
    Created: strftime('%Y-%m-%d %H:%M:%f', time, 'unixepoch') || ' UTC'
    Ordered: side || ' ' || quantity || ' ' || asset || coalesce(', ' || lower(order_type), '') || coalesce(' at ' || price, '')
    Outcome: replace(closure, '_', ' ') || coalesce(' (upstream says ' || status || ')', '')
    Why: close_reason
    Closed: strftime('%Y-%m-%d %H:%M:%f', closed_at, 'unixepoch') || ' UTC'
    Executed: strftime('%Y-%m-%d %H:%M:%f', executed_at, 'unixepoch') || ' UTC'
    Execution price: CAST(execution_price AS TEXT)
    Execution quantity: CAST(execution_quantity AS TEXT)
    Fees: CAST(execution_fees AS TEXT)
    Realised PnL: CAST(realized_pnl AS TEXT)
    Dry run: CASE is_dry_run WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END
  |||),
  empty: 'No order to show',
  columns: [
    ['attribute', 'Field', g.wide(158)],
    ['value', 'Value', g.left + g.wrapped + { minWidth: 150 }],
  ],
  id: 6,
})
+ g.outcome({
  at: [9, 38, 15, 16],
  help: |||
    The events of this order and of its signal, oldest first.
    > click the signal id for the complete history from the signal on.
  |||,
  which: |||
    CROSS JOIN (SELECT order_id AS one_order, signal_id AS one_signal FROM recent_orders WHERE @contains order_id order@ AND @contains signal_id signal@ ORDER BY time DESC, order_id LIMIT 1)
    WHERE order_id = one_order OR signal_id = one_signal
  |||,
  other: 'signal',
  id: 7,
  empty: 'No events of this order to show',
})
+ g.bars({
  title: 'Order outcomes over time',
  at: [0, 54, 24, 8],
  help: |||
    Closed orders by outcome. @range@ It covers the event history (by default 30 days and 1,000 closed orders). Red shading marks a time when the database could not be read; orders that closed then are added afterwards.
    > if the share of red or yellow grows, see the reasons in the table.
  |||,
  sql: |||
    WITH w AS (SELECT max(60, ($__to - $__from) / 1000 / 96) AS step)
    SELECT CAST(time AS INTEGER) / step * step AS time, status, count(*) AS orders
    FROM event_history CROSS JOIN w
    WHERE event_type = 'order_closed' AND @in_range@ AND @chosen strategy_id strategy@ AND @chosen asset asset@
    GROUP BY 1, 2
    ORDER BY 1
  |||,
  by: 'status',
  empty: 'No closed orders to show in this time range',
  columns: [
    ['filled', null, { fixed: g.green }],
    ['cancelled', null, { fixed: g.yellow }],
    ['rejected', null, { fixed: g.red }],
  ],
  more: g.legendTable(['sum']),
  id: 5,
})
