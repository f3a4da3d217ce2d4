local g = import '../lib/page.libsonnet';

// Days of a strategy, or of all, in the time range.
local days(columns) = |||
  SELECT time / 86400 * 86400 AS day, %s, sum(pnl_orders) AS trades, sum(successful_orders) AS won, sum(pnl) AS pnl
  FROM model_quality_trend
  WHERE time >= $__from / 1000 / 86400 * 86400 AND time < $__to / 1000 AND @chosen strategy_id strategy@ AND pnl_orders > 0
  GROUP BY 1, 2
||| % columns;

g.page({
  uid: 'pnl',
  question: 'Profit and loss by day, strategy and asset, and the best and worst trades.',
  sources: "source IN ('postgres.quality', 'postgres.executions')",
  upstreams: "upstream IN ('postgres')",
  from: 'now-14d',
  variables: [
    g.strategies(['model_quality_trend WHERE pnl_orders > 0', 'recent_execution WHERE realized_pnl IS NOT NULL']),
  ],
})
+ g.figures({
  title: 'In this time range',
  at: [0, 3, 24, 4],
  help: |||
    The recorded profits and losses of the selected strategies over the days of the time range above. Unknown while the data is stale. Days are UTC.
    > most trades have no recorded profit: **With PnL** is the number that count here.
  |||,
  sql: |||
    SELECT 1.0 * sum(pnl) AS pnl, sum(trades) AS trades, 1.0 * sum(won) / sum(trades) AS won, 1.0 * sum(pnl) / sum(trades) AS average,
      1.0 * max(pnl) AS best, 1.0 * min(pnl) AS worst, 1.0 * avg(pnl) AS average_day
    FROM (SELECT max(freshness) = 'fresh' AS fresh FROM source_status WHERE source = 'postgres.quality')
    LEFT JOIN (%s) ON fresh
  ||| % std.strReplace(days('1'), '\n', ' '),
  empty: 'unknown',
  columns: [
    ['pnl', 'PnL', { decimals: 2 }],
    ['trades', 'With PnL', { unit: 'locale' }],
    ['won', 'Win rate', { unit: 'percentunit', decimals: 1 }],
    ['average', 'Average per trade', { decimals: 3 }],
    ['best', 'Best day', { decimals: 2 }],
    ['worst', 'Worst day', { decimals: 2 }],
    ['average_day', 'Average per day', { decimals: 2 }],
  ],
})
+ g.bars({
  title: 'PnL by day',
  at: [0, 7, 24, 9],
  help: |||
    The recorded profits and losses of each day (UTC), by strategy. @range@ Kept for 14 days unless configured otherwise. Colours distinguish strategies; they are not verdicts.
    > for a bad day, see its orders and events, and which model was in use (page Model).
  |||,
  sql: |||
    SELECT day AS time, strategy_id, 1.0 * pnl AS pnl FROM (%s)
    ORDER BY strategy_id LIKE '(%%', strategy_id, day
    LIMIT 20000
  ||| % days('strategy_id'),
  by: 'strategy_id',
  empty: 'No recorded profits to show in this time range',
  more: g.legendTable(['sum', 'min', 'max']) + g.defaults({ min:: 0, decimals: 2 }),
})
+ g.table({
  title: 'By day',
  at: [0, 16, 12, 11],
  tinted: false,
  help: |||
    Each day (UTC) of the time range above, newest first. **Average**: per trade with a recorded profit.
    > a missing day had no trade with a recorded profit.
  |||,
  sql: |||
    SELECT strftime('%%Y-%%m-%%d', day, 'unixepoch') AS day, 1.0 * pnl AS pnl, trades, 1.0 * won / trades AS won, 1.0 * pnl / trades AS average
    FROM (%s)
    ORDER BY day DESC
    LIMIT 200
  ||| % days('1'),
  empty: 'No recorded profits to show in this time range',
  columns: [
    ['day', 'Day (UTC)', g.from(110)],
    ['pnl', 'PnL', g.money { width: 100, decimals: 2 }],
    ['trades', 'With PnL', g.count { width: 84 }],
    ['won', 'Win rate', g.percent { width: 74 }],
    ['average', 'Average', g.money { width: 90, decimals: 3 }],
  ],
})
+ g.table({
  title: 'By strategy',
  at: [12, 16, 12, 11],
  tinted: false,
  help: |||
    Each strategy over the days of the time range above. **Best day**, **Worst day**: by PnL.
    > an average below zero over many trades: consider pausing the strategy.
  |||,
  sql: |||
    SELECT strategy_id, 1.0 * sum(pnl) AS pnl, sum(trades) AS trades, 1.0 * sum(won) / sum(trades) AS won, 1.0 * sum(pnl) / sum(trades) AS average, 1.0 * max(pnl) AS best, 1.0 * min(pnl) AS worst
    FROM (%s)
    GROUP BY strategy_id
    ORDER BY sum(pnl) DESC
    LIMIT 200
  ||| % days('strategy_id'),
  empty: 'No recorded profits to show in this time range',
  columns: [
    ['strategy_id', 'Strategy', g.from(110)],
    ['pnl', 'PnL', g.money { width: 80, decimals: 2 }],
    ['trades', 'With PnL', g.count { width: 76 }],
    ['won', 'Win rate', g.percent { width: 70 }],
    ['average', 'Average', g.money { width: 76, decimals: 3 }],
    ['best', 'Best day', g.money { width: 76, decimals: 2 }],
    ['worst', 'Worst day', g.money { width: 80, decimals: 2 }],
  ],
})
+ g.table({
  title: 'By asset, over the cached executions',
  at: [0, 27, 10, 12],
  help: |||
    Each asset over the cached executions: the newest 200 and those of the orders on the page Orders; **Since** is the oldest of them. @tinted@ @always@
    > for a longer period, declare a dataset of your own (docs/datasets.md).
  |||,
  sql: |||
    SELECT coalesce(asset, '(none)') AS asset, 1.0 * sum(realized_pnl) AS pnl, count(*) AS trades, 1.0 * avg(realized_pnl) AS average, 1.0 * max(realized_pnl) AS best, 1.0 * min(realized_pnl) AS worst, min(time) AS since, max(freshness) AS freshness
    FROM recent_execution
    WHERE realized_pnl IS NOT NULL AND @chosen strategy_id strategy@
    GROUP BY 2
    ORDER BY sum(realized_pnl) DESC
    LIMIT 200
  |||,
  empty: 'No executions with a recorded profit to show',
  columns: [
    ['asset', 'Asset', g.from(84)],
    ['pnl', 'PnL', g.money { width: 70, decimals: 2 }],
    ['trades', 'With PnL', g.count { width: 60 }],
    ['average', 'Average', g.money { width: 72, decimals: 3 }],
    ['best', 'Best trade', g.money { width: 70, decimals: 2 }],
    ['worst', 'Worst trade', g.money { width: 70, decimals: 2 }],
    ['since', 'Since (UTC)', g.left { width: 76, unit: 'time:MM-DD' }],
  ],
})
+ g.table({
  title: 'Best and worst trades of the last 200 executions',
  at: [10, 27, 14, 12],
  help: |||
    Those of the newest 200 executions that have a recorded profit, best first. @tinted@ @always@
    > click a signal id to see why the trade was made.
  |||,
  sql: |||
    SELECT time, strategy_id, asset, side, @rounded price@ AS price, @rounded quantity@ AS quantity, realized_pnl, signal_id, freshness
    FROM (SELECT * FROM recent_execution WHERE realized_pnl IS NOT NULL AND @chosen strategy_id strategy@ ORDER BY time DESC LIMIT 200)
    ORDER BY realized_pnl DESC, time DESC
  |||,
  empty: 'No executions with a recorded profit to show',
  columns: [
    ['time', 'Executed (UTC)', g.time],
    g.strategy,
    g.asset,
    g.side,
    ['price', 'Price', g.right { width: 84, unit: 'string' }],
    ['quantity', 'Quantity', g.right { width: 84, unit: 'string' }],
    ['realized_pnl', 'PnL', g.money { width: 64, decimals: 2 }],
    g.signalId({ minWidth: 70 }),
  ],
})
