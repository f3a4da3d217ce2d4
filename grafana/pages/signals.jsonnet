local g = import '../lib/page.libsonnet';

g.page({
  uid: 'signals',
  question: 'What has the model decided recently, and why? The last 100 signals, and the outcome of each.',
  sources: "source IN ('postgres.signals', 'postgres.orders')",
  upstreams: "upstream IN ('postgres')",
  from: 'now-6h',
  variables: [
    g.strategies(['recent_signals']),
    g.assets(['recent_signals']),
    g.choice('side', 'Side', 'Show only these sides', 'side', ['buy', 'sell']),
    g.search('signal', 'Signal id', 'A signal id, or part of one'),
  ],
})
+ g.figures({
  title: 'Activity',
  at: [0, 3, 24, 4],
  help: |||
    Is the model producing signals? The age of the newest signal and the count of the last hour for the selected strategies. Unknown while the data is stale. **≥**: so many, and more that are no longer cached.
    > if there has been no signal for longer than usual, see the page Model, and check on the page Exchange connection that market data is arriving. @always@
  |||,
  sql: |||
    SELECT CASE WHEN fresh THEN CAST(max(0, unixepoch() - max(time)) AS INTEGER) END AS newest_s,
      CASE WHEN fresh THEN least || count(recent OR NULL) END AS signals_1h, CASE WHEN fresh THEN least || count(recent AND side = 'buy' OR NULL) END AS buys_1h,
      CASE WHEN fresh THEN least || count(recent AND side = 'sell' OR NULL) END AS sells_1h, CASE WHEN fresh THEN count(DISTINCT CASE WHEN recent THEN strategy_id END) END AS strategies_1h
    FROM (SELECT coalesce(max(freshness) = 'fresh', 0) AS fresh,
      CASE WHEN EXISTS (SELECT 1 FROM recent_signals GROUP BY strategy_id HAVING count(*) >= 100 AND min(time) > unixepoch() - 3600) THEN '≥ ' ELSE '' END AS least FROM source_status WHERE source = 'postgres.signals')
    LEFT JOIN (SELECT *, time > unixepoch() - 3600 AS recent FROM recent_signals WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@)
  |||,
  empty: 'unknown',
  columns: [
    ['newest_s', 'Newest signal, age', { unit: 'dtdurations', decimals: 0 }],
    ['signals_1h', 'Signals in the last hour', {}],
    ['buys_1h', 'Buy, last hour', {}],
    ['sells_1h', 'Sell, last hour', {}],
    ['strategies_1h', 'Strategies active in the last hour', {}],
  ],
})
+ g.table({
  title: 'The last 100 signals',
  at: [0, 7, 24, 17],
  help: |||
    The newest 100 signals that match the filters above, newest first, regardless of age. @always@ @tinted@

    * **Side**: buy or sell. **Price**: the market price at that time (rounded), not the price of an order.
    * **Confidence**: of the model. Rules (take profit, exit) always have 100 %.
    * **Kind**: *model*; *rule*: a take-profit or exit rule; *warm-up*: made without a trained model.
    * **Reasoning**: in the model's own words. **Market**: spread, volume and volatility over the last minute.
    > click a signal id for the signal's details and its outcome.
  |||,
  sql: |||
    SELECT time, @since time age_s@, strategy_id, asset, side, @rounded price@ AS price, confidence, kind, reasoning,
      nullif(rtrim(coalesce('spread ' || round(spread, 4) || ', ', '') || coalesce('volume ' || round(volume_1m, 2) || ', ', '') || coalesce('volatility ' || round(volatility_1m, 5), ''), ', '), '') AS market,
      model_version, signal_id, freshness
    FROM recent_signals
    WHERE @chosen strategy_id strategy@
      AND @chosen asset asset@ AND @chosen side side@
      AND @contains signal_id signal@
    ORDER BY time DESC, signal_id
    LIMIT 100
  |||,
  empty: 'No signals to show',
  columns: [
    g.at,
    g.age,
    g.strategy,
    g.asset,
    g.side,
    ['price', 'Price', g.right { width: 90, unit: 'string' }],
    ['confidence', 'Confi- dence', g.right { width: 66, unit: 'percentunit', decimals: 0 }],
    ['kind', 'Kind', g.word(76, g.values([['model', g.blue], ['rule', g.purple], ['warmup', g.yellow, 'warm-up']]))],
    ['reasoning', 'Reasoning', g.left + g.dash + { minWidth: 150 }],
    ['market', 'Market', g.from(150)],
    ['model_version', 'Model version', g.left { width: 100, none: 'none' }],
    g.signalId({ width: 90 }),
  ],
})
+ g.table({
  title: 'Signal details',
  at: [0, 24, 9, 14],
  help: |||
    All data of one signal: the one whose id is in the field *Signal id* above, or else the newest.
    > click an id in the table above, or paste one (or part of one) into the field.
  |||,
  sql: |||
    WITH s AS MATERIALIZED (
      SELECT * FROM recent_signals WHERE @contains signal_id signal@ ORDER BY time DESC, signal_id LIMIT 1
    )
  ||| + g.attributes('s', |||
    Signal id: signal_id
    Created: strftime('%Y-%m-%d %H:%M:%f', time, 'unixepoch') || ' UTC'
    Strategy: strategy_id
    Asset and side: side || ' ' || asset
    Market price: CAST(price AS TEXT)
    Confidence: round(100 * confidence, 2) || ' %'
    Kind: replace(kind, 'warmup', 'warm-up')
    Model version: model_version
    Reasoning: reasoning
    Spread: CAST(spread AS TEXT)
    Volume, 1 minute: CAST(volume_1m AS TEXT)
    Volatility, 1 minute: CAST(volatility_1m AS TEXT)
    Trace id: trace_id
  |||),
  empty: 'No signal to show',
  columns: [
    ['attribute', 'Field', g.wide(186)],
    ['value', 'Value', g.left + g.wrapped + { minWidth: 150 }],
  ],
})
+ g.outcome({
  at: [9, 24, 15, 14],
  help: |||
    The events of this signal and of its orders, oldest first: received, ordered, executed, closed.
    > if there is only *received*, the page Orders shows why no order followed.
  |||,
  which: |||
    WHERE signal_id = coalesce(
      (SELECT signal_id FROM recent_signals WHERE @contains signal_id signal@ ORDER BY time DESC, signal_id LIMIT 1),
      (SELECT signal_id FROM event_history WHERE trim(${signal:sqlstring}) <> '' AND @contains signal_id signal@ LIMIT 1))
  |||,
  other: 'order',
  empty: 'No events of this signal to show',
})
+ g.table({
  title: 'By strategy',
  at: [0, 38, 12, 9],
  help: |||
    The signals of each strategy. Only cached signals are counted: the newest 100 or more of each strategy. @always@ @tinted@
    > if only one strategy has no signals, check its model on the page Model.
  |||,
  sql: |||
    SELECT strategy_id, max(time) AS time, @since max(time) age_s@, count(*) AS signals, count(CASE WHEN side = 'buy' THEN 1 END) AS buys, count(CASE WHEN side = 'sell' THEN 1 END) AS sells,
      avg(CASE WHEN kind = 'model' THEN confidence END) AS confidence, max(freshness) AS freshness
    FROM recent_signals
    WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@
    GROUP BY strategy_id
    ORDER BY max(time) DESC
    LIMIT 100
  |||,
  empty: 'No strategies to show',
  columns: [
    ['strategy_id', 'Strategy', g.from(108)],
    ['time', 'Newest signal (UTC)', g.time],
    g.age,
    ['signals', 'Kept', g.right { width: 60 }],
    ['buys', 'Buy', g.right { width: 50 }],
    ['sells', 'Sell', g.right { width: 50 }],
    ['confidence', 'Mean confidence', g.right { width: 92, unit: 'percentunit', decimals: 0 }],
  ],
})
+ g.lines({
  title: 'Confidence of the signals',
  at: [12, 38, 12, 9],
  help: |||
    One point per signal, coloured by strategy. @range@ It covers the cached signals: the newest 100 or more of each strategy.
    > if confidence falls towards the threshold for hours, the model may need retraining (page Model).
  |||,
  sql: |||
    SELECT time, strategy_id, confidence
    FROM recent_signals
    WHERE @in_range@ AND @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@
    ORDER BY strategy_id LIKE '(%', strategy_id, time
    LIMIT 5000
  |||,
  by: 'strategy_id',
  empty: 'No signals to show in this time range',
  more: g.defaults({ custom+: { drawStyle: 'points' }, unit: 'percentunit', min: 0, max: 1 }),
})
