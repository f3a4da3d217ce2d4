local g = import '../lib/page.libsonnet';

g.page({
  uid: 'signals',
  question: 'What did the model decide lately, and why? The last 100 signals, and what became of one of them.',
  sources: "source IN ('postgres.signals', 'postgres.orders')",
  upstreams: "upstream IN ('postgres')",
  from: 'now-6h',
  variables: [
    g.choiceOf('strategy', 'Strategy', 'Show only the signals of these strategies', 'strategy_id', "SELECT DISTINCT ifnull(strategy_id, '(none)') AS strategy FROM recent_signals ORDER BY 1"),
    g.choiceOf('asset', 'Asset', 'Show only these assets', 'asset', "SELECT DISTINCT ifnull(asset, '(none)') AS asset FROM recent_signals ORDER BY 1"),
    g.choice('side', 'Side', 'Show only these sides', 'side', ['buy', 'sell']),
    g.search('signal', 'Signal id', 'A signal id or a part of one'),
  ],
  panels: [
    g.figures({
      title: 'Activity',
      at: [0, 3, 24, 4],
      help: |||
        Is the model deciding? The age of the newest signal, and how many came in the last hour, for the strategies chosen above. Unknown while the signals are out of date. (Only signals that are kept are counted: the newest 100 or more of each strategy.)

        *What to do:* no signal for longer than usual: see the page Model, and whether market data still comes on the page Exchange connection. The time range above does not matter here.
      |||,
      sql: |||
        SELECT CASE WHEN fresh THEN newest END AS newest_s,
          CASE WHEN fresh THEN signals END AS signals_1h,
          CASE WHEN fresh THEN buys END AS buys_1h,
          CASE WHEN fresh THEN sells END AS sells_1h,
          CASE WHEN fresh THEN strategies END AS strategies_1h
        FROM (
          SELECT coalesce((SELECT max(freshness) = 'fresh' FROM source_status WHERE source = 'postgres.signals'), 0) AS fresh,
            CAST(max(0, unixepoch() - max(time)) AS INTEGER) AS newest,
            count(CASE WHEN time > unixepoch() - 3600 THEN 1 END) AS signals,
            count(CASE WHEN time > unixepoch() - 3600 AND side = 'buy' THEN 1 END) AS buys,
            count(CASE WHEN time > unixepoch() - 3600 AND side = 'sell' THEN 1 END) AS sells,
            count(DISTINCT CASE WHEN time > unixepoch() - 3600 THEN strategy_id END) AS strategies
          FROM recent_signals
          WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@
        )
      |||,
      size: 24,
      empty: 'unknown',
      columns: [
        ['newest_s', 'Newest signal, age', { unit: 'dtdurations', decimals: 0 }],
        ['signals_1h', 'Signals in the last hour', {}],
        ['buys_1h', 'of them buy', {}],
        ['sells_1h', 'of them sell', {}],
        ['strategies_1h', 'Strategies active in the last hour', {}],
      ],
    }),
    g.table({
      title: 'The last 100 signals',
      at: [0, 7, 24, 17],
      help: |||
        The newest 100 signals that fit the choices above, the newest first, however old. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        * **Side**: what the model wants to do. **Price**: of the market when it decided (rounded), not the price of an order.
        * **Confidence**: how sure the model was. Rules (take profit, exit) always say 100 %.
        * **Kind**: *model*; *rule*: a take-profit or exit rule; *warm-up*: an exercise without a trained model.
        * **Why**: the model's own words. **Market then**: spread, volume and volatility of the last minute.

        *What to do:* click a signal id to see the whole signal and what became of it.
      |||,
      sql: |||
        SELECT 't' AS _, time, CAST(max(unixepoch() - time, 0) AS INTEGER) AS age_s, strategy_id, asset, side, round(price, CASE WHEN abs(price) >= 1000 THEN 2 WHEN abs(price) >= 10 THEN 4 WHEN abs(price) >= 0.1 THEN 5 WHEN abs(price) >= 0.001 THEN 6 ELSE 8 END) AS price, confidence, kind, reasoning,
          nullif(rtrim(coalesce('spread ' || round(spread, 4) || ', ', '') || coalesce('volume ' || round(volume_1m, 2) || ', ', '') || coalesce('volatility ' || round(volatility_1m, 5), ''), ', '), '') AS market,
          model_version, signal_id, freshness
        FROM recent_signals
        WHERE @chosen strategy_id strategy@
          AND @chosen asset asset@ AND @chosen side side@
          AND @contains signal_id signal@
        ORDER BY time DESC, signal_id
        LIMIT 100
      |||,
      times: ['time'],
      empty: 'No signals to show',
      columns: [
        g.notAvailable,
        ['time', 'Time (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['strategy_id', 'Strategy', g.left { width: 108 }],
        ['asset', 'Asset', g.left { width: 84 }],
        g.side,
        ['price', 'Price', g.right { width: 90, unit: 'string' }],
        ['confidence', 'Confi- dence', g.right { width: 66, unit: 'percentunit', decimals: 0 }],
        ['kind', 'Kind', g.left + g.coloured + { width: 76, colors: g.values([['model', g.blue], ['rule', g.purple], ['warmup', g.yellow, 'warm-up']]) }],
        ['reasoning', 'Why', g.left + g.dash + { minWidth: 150 }],
        ['market', 'Market then', g.left { width: 320 }],
        ['model_version', 'Model version', g.left { width: 100, none: 'none' }],
        ['signal_id', 'Signal id', g.left + g.toSignal + { width: 90 }],
        g.tint,
      ],
    }),
    g.table({
      title: 'One signal in full',
      at: [0, 24, 9, 14],
      help: |||
        Everything that is known of one signal: the one whose id is in the field *Signal id* above; without one, the newest of all.

        *What to do:* click an id in the list above, or paste one (or a part of one) into the field.
      |||,
      sql: |||
        WITH s AS MATERIALIZED (
          SELECT * FROM recent_signals WHERE @contains signal_id signal@ ORDER BY time DESC, signal_id LIMIT 1
        )
        SELECT 't' AS _, attribute, value, freshness FROM (
          SELECT 1 AS n, 'Signal id' AS attribute, signal_id AS value, freshness FROM s
          UNION ALL SELECT 2, 'Decided at', strftime('%Y-%m-%d %H:%M:%f', time, 'unixepoch') || ' UTC', freshness FROM s
          UNION ALL SELECT 3, 'Strategy', strategy_id, freshness FROM s
          UNION ALL SELECT 4, 'Asset and side', side || ' ' || asset, freshness FROM s
          UNION ALL SELECT 5, 'Price of the market then', CAST(price AS TEXT), freshness FROM s
          UNION ALL SELECT 6, 'Confidence', round(100 * confidence, 2) || ' %', freshness FROM s
          UNION ALL SELECT 7, 'Kind', replace(kind, 'warmup', 'warm-up'), freshness FROM s
          UNION ALL SELECT 8, 'Model version', model_version, freshness FROM s
          UNION ALL SELECT 9, 'Why', reasoning, freshness FROM s
          UNION ALL SELECT 10, 'Spread', CAST(spread AS TEXT), freshness FROM s
          UNION ALL SELECT 11, 'Volume, 1 minute', CAST(volume_1m AS TEXT), freshness FROM s
          UNION ALL SELECT 12, 'Volatility, 1 minute', CAST(volatility_1m AS TEXT), freshness FROM s
          UNION ALL SELECT 13, 'Trace id', trace_id, freshness FROM s
        )
        ORDER BY n
      |||,
      empty: 'No signal to show',
      columns: [
        g.notAvailable,
        ['attribute', 'What', g.left { width: 186 }],
        ['value', 'Value', g.left + g.wrapped + { minWidth: 150 }],
        g.tint,
      ],
    }),
    g.table({
      title: 'Outcome',
      at: [9, 24, 15, 14],
      help: |||
        The events of the same signal and of its orders, the oldest first: received, ordered, executed, closed.

        *What to do:* only *received* and nothing after it: the page Orders shows why no order followed.
      |||,
      sql: |||
        SELECT 't' AS _, time, event_type, service, status, summary, order_id
        FROM event_history
        WHERE signal_id = coalesce(
          (SELECT signal_id FROM recent_signals WHERE @contains signal_id signal@ ORDER BY time DESC, signal_id LIMIT 1),
          (SELECT signal_id FROM event_history WHERE trim(${signal:sqlstring}) <> '' AND @contains signal_id signal@ LIMIT 1))
        ORDER BY time, event_id DESC
        LIMIT 100
      |||,
      times: ['time'],
      empty: 'No events of this signal to show',
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
        ['order_id', 'Order id', g.left + g.toOrder + { width: 90, none: '' }],
      ],
    }),
    g.table({
      title: 'By strategy',
      at: [0, 38, 12, 9],
      help: |||
        The last signal of each strategy. Only signals that are kept are counted: the newest 100 or more of each strategy. The time range above does not matter here. Rows tinted yellow come from a source that is out of date.

        *What to do:* a strategy without signals while others have some: see its model on the page Model.
      |||,
      sql: |||
        SELECT 't' AS _, strategy_id, max(time) AS time, CAST(max(unixepoch() - max(time), 0) AS INTEGER) AS age_s, count(*) AS signals, count(CASE WHEN side = 'buy' THEN 1 END) AS buys, count(CASE WHEN side = 'sell' THEN 1 END) AS sells,
          avg(CASE WHEN kind = 'model' THEN confidence END) AS confidence, max(freshness) AS freshness
        FROM recent_signals
        WHERE @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@
        GROUP BY strategy_id
        ORDER BY max(time) DESC
        LIMIT 100
      |||,
      times: ['time'],
      empty: 'No strategies to show',
      columns: [
        g.notAvailable,
        ['strategy_id', 'Strategy', g.left { minWidth: 110 }],
        ['time', 'Newest signal (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['signals', 'Kept', g.right { width: 60 }],
        ['buys', 'Buy', g.right { width: 50 }],
        ['sells', 'Sell', g.right { width: 50 }],
        ['confidence', 'Mean confidence', g.right { width: 92, unit: 'percentunit', decimals: 0 }],
        g.tint,
      ],
    }),
    g.lines({
      title: 'Confidence of the signals',
      at: [12, 38, 12, 9],
      help: |||
        One point a signal, coloured by strategy. Obeys the time range above. It reaches back as far as signals are kept: the newest 100 or more of each strategy.

        *What to do:* points that sink towards the threshold for hours: the model may need training (page Model).
      |||,
      sql: |||
        SELECT time, strategy_id, confidence
        FROM recent_signals
        WHERE time >= $__from / 1000 AND time < $__to / 1000 AND @chosen strategy_id strategy@ AND @chosen asset asset@ AND @chosen side side@
        ORDER BY strategy_id LIKE '(%', strategy_id, time
        LIMIT 5000
      |||,
      times: ['time'],
      by: 'strategy_id',
      empty: 'No signals to show in this time range',
      more: g.defaults({ custom+: { drawStyle: 'points' }, unit: 'percentunit', min: 0, max: 1 }),
    }),
  ],
})
