local g = import '../lib/page.libsonnet';

g.page({
  uid: 'model',
  question: 'Which model does each strategy trade with, is one being trained, and how well does it perform?',
  sources: "source IN ('postgres.models', 'postgres.dataset_builds', 'postgres.quality', 'model-service.training')",
  upstreams: "upstream IN ('postgres', 'model-service')",
  from: 'now-7d',
  variables: [
    g.strategies(["model_quality WHERE strategy_id <> '(all)'", 'model_state']),
  ],
})
+ g.table({
  title: "State of each strategy's model",
  at: [0, 3, 24, 8],
  help: |||
    Which model each strategy trades with, and whether one is being trained. **Warm-up**: the strategy has no active model and does not use one to trade. **Training** is about the whole model service, which trains one model at a time. Both are *unknown* without fresh data; *was* gives the last known value. @tinted@ @always@
    > if warm-up lasts, check the training history below: a version becomes active only if its accuracy reaches the configured threshold.
  |||,
  sql: |||
    SELECT strategy_id, coalesce(active_version, CASE WHEN freshness IN ('fresh', 'stale') THEN 'none' ELSE 'unknown' END) AS active_version, CASE warmup WHEN 1 THEN 'warm-up' WHEN 0 THEN 'no' ELSE 'unknown' END AS warmup,
      @was training_status last_known_training_status@ AS training,
      model_type, trained_at, @since trained_at trained_s@, accuracy, f1_score, roc_auc, training_queue_size, pending_dataset_builds, freshness
    FROM model_state
    WHERE @chosen strategy_id strategy@
    ORDER BY strategy_id, trained_at DESC
    LIMIT 200
  |||,
  empty: 'No models to show',
  columns: [
    ['strategy_id', 'Strategy', g.from(108)],
    ['active_version', 'Active version', g.wide(100)],
    ['warmup', 'Warm-up', g.verdict(84, g.values([['no', g.green], ['warm-up', g.yellow], ['unknown', g.grey]]))],
    ['training', 'Training', g.verdict(172, g.matching([['^idle', g.none], ['^training', g.blue], ['^unknown', g.grey]]))],
    ['model_type', 'Model type', g.left + g.dash + { width: 96 }],
    ['trained_at', 'Trained (UTC)', g.time],
    ['trained_s', 'Age', g.duration],
    ['accuracy', 'Accuracy', g.percent { width: 80 }],
    ['f1_score', 'F1 score', g.percent { width: 72 }],
    ['roc_auc', 'ROC AUC', g.right { width: 76, decimals: 3 }],
    ['training_queue_size', 'Trainings waiting', g.count { width: 82 }],
    ['pending_dataset_builds', 'Datasets waiting', g.count { width: 82 }],
  ],
})
+ g.table({
  title: 'Quality of each strategy',
  at: [0, 11, 17, 10],
  help: |||
    The performance of each strategy, of all time unless **Counted since** has a date. The definitions are in the panel beside it. **With PnL**: executions with a recorded profit; the trading system rarely records it. **Successful**: those with a profit above zero. Losses and win rates below 50 % are red, win rates up to 60 % yellow. @tinted@ @always@
    > win rate red (below 50 %) over many executions: consider retraining or pausing the strategy.
  |||,
  sql: |||
    SELECT strategy_id, total_orders, filled_orders, pnl_orders, successful_orders, win_rate, total_pnl, accuracy, f1_score, coverage_from_at, freshness
    FROM model_quality
    WHERE (strategy_id = '(all)' OR @chosen strategy_id strategy@) AND EXISTS (SELECT 1 FROM source_status s WHERE s.source = 'postgres.quality' AND s.last_success_at IS NOT NULL)
    ORDER BY strategy_id <> '(all)', strategy_id
    LIMIT 200
  |||,
  empty: 'No quality figures to show',
  columns: [
    ['strategy_id', 'Strategy', g.left { minWidth: 120, colors: g.values([['(all)', null, 'all strategies']]) }],
    ['total_orders', 'Orders', g.count { width: 70 }],
    ['filled_orders', 'Filled', g.count { width: 66 }],
    ['pnl_orders', 'With PnL', g.count { width: 76 }],
    ['successful_orders', 'Successful', g.count { width: 86 }],
    ['win_rate', 'Win rate', g.percent + g.coloured + { width: 74, steps: g.steps([g.plain, [0, g.red], [0.5, g.yellow], [0.6, g.plain]]) }],
    ['total_pnl', 'Total PnL', g.money { width: 84, decimals: 2 }],
    ['accuracy', 'Accuracy', g.percent { width: 76 }],
    ['f1_score', 'F1', g.percent { width: 60 }],
    ['coverage_from_at', 'Counted since', g.time { none: 'all time' }],
  ],
})
+ g.words({
  title: 'How these figures are counted',
  at: [17, 11, 7, 10],
  help: 'The definitions of the quality figures on this page.',
  text: |||
    **Win rate** is the share of executions with a profit above zero among the executions *whose profit is recorded*. Others count neither as wins nor as losses.

    **Total PnL** is the sum of the recorded profits, in the quote currency. Where none is recorded it is *n/a*, not 0.

    **Orders** are all orders except dry runs. **Accuracy** and **F1** were measured when the active model was trained; they say how well it predicted, not how well it traded.
  |||,
})
+ g.lines({
  title: 'Win rate over the last 24 hours',
  at: [0, 21, 12, 9],
  help: |||
    For each hour with executions: the share of profitable ones among those with a recorded profit in the preceding 24 hours. The line has a gap after a day without any. @range@ Kept for 14 days unless configured otherwise.
    > look for a lasting decline below 50 %; single steps mean little when there are few executions.
  |||,
  sql: |||
    SELECT time, strategy_id, win_rate FROM (
      SELECT time, strategy_id, pnl_orders, 1.0 * sum(successful_orders) OVER w / nullif(sum(pnl_orders) OVER w, 0) AS win_rate
      FROM model_quality_trend
      WHERE time >= $__from / 1000 - 86400 AND time < $__to / 1000 AND @chosen strategy_id strategy@
      WINDOW w AS (PARTITION BY strategy_id ORDER BY time RANGE BETWEEN 82800 PRECEDING AND CURRENT ROW)
    )
    WHERE time >= $__from / 1000 AND pnl_orders > 0
    ORDER BY strategy_id LIKE '(%', strategy_id, time
    LIMIT 20000
  |||,
  by: 'strategy_id',
  empty: 'No executions with a recorded profit to show in this time range',
  more: g.defaults({ custom+: { insertNulls: 90000000, pointSize: 5 }, unit: 'percentunit', min: 0, max: 1 }),
})
+ g.lines({
  title: 'Cumulative PnL',
  at: [12, 21, 12, 9],
  help: |||
    The recorded profits added up from the start of the time range. @range@ Hours without a recorded profit add nothing.
    > if it falls steadily, compare it with the training history and the market.
  |||,
  sql: |||
    SELECT time, strategy_id, sum(1.0 * pnl) OVER (PARTITION BY strategy_id ORDER BY time) AS pnl
    FROM model_quality_trend
    WHERE @in_range@ AND @chosen strategy_id strategy@ AND pnl IS NOT NULL
    ORDER BY strategy_id LIKE '(%', strategy_id, time
    LIMIT 20000
  |||,
  by: 'strategy_id',
  empty: 'No recorded profits to show in this time range',
  more: g.defaults({ custom+: { lineInterpolation: 'stepAfter', pointSize: 4 }, decimals: 2 }),
})
+ g.bars({
  title: 'Orders by hour',
  at: [0, 30, 12, 9],
  help: |||
    Orders created in each hour, excluding dry runs. @range@
    > if a strategy that should trade has no bars, check its signals on the page Signals.
  |||,
  sql: |||
    SELECT time, strategy_id, orders
    FROM model_quality_trend
    WHERE @in_range@ AND @chosen strategy_id strategy@ AND orders > 0
    ORDER BY strategy_id LIKE '(%', strategy_id, time
    LIMIT 20000
  |||,
  by: 'strategy_id',
  empty: 'No orders to show in this time range',
})
+ g.table({
  title: 'Training history',
  at: [0, 39, 24, 13],
  help: |||
    The last 100 completed trainings, newest first, regardless of age. The trading system does not record failed trainings. @always@ @tinted@

    * **In use**: the version the strategy trades with now. A version below the accuracy threshold is never used.
    * **Measured on**: *test*, or *validation* where there was no test.
    > if accuracy falls from training to training, check the training data.
  |||,
  sql: |||
    SELECT time, @since time age_s@, strategy_id, version, CASE is_active WHEN 1 THEN 'in use' ELSE 'not in use' END AS active, accuracy, f1_score, precision, recall, metrics_split, training_duration_s, training_dataset_size, freshness
    FROM model_training
    WHERE @chosen strategy_id strategy@
    ORDER BY time DESC
    LIMIT 100
  |||,
  empty: 'No trainings to show',
  columns: [
    ['time', 'Trained (UTC)', g.time],
    g.age,
    ['strategy_id', 'Strategy', g.from(120)],
    ['version', 'Version', g.wide(120)],
    ['active', 'In use', g.word(80, g.values([['in use', g.blue], ['not in use', g.plain, 'no']]))],
    ['accuracy', 'Accuracy', g.percent { width: 86 }],
    ['f1_score', 'F1', g.percent { width: 70 }],
    ['precision', 'Precision', g.percent { width: 86 }],
    ['recall', 'Recall', g.percent { width: 76 }],
    ['metrics_split', 'Measured on', g.left + g.dash + { width: 110 }],
    ['training_duration_s', 'Took', g.duration { width: 90, none: 'n/a' }],
    ['training_dataset_size', 'Examples', g.count { width: 86 }],
  ],
})
+ g.lines({
  title: 'Accuracy of each training',
  at: [12, 30, 12, 9],
  help: |||
    One point per trained version, by strategy. @range@
    > choose a longer time range to see the trend.
  |||,
  sql: |||
    SELECT time, strategy_id, accuracy
    FROM model_training
    WHERE accuracy IS NOT NULL AND @in_range@ AND @chosen strategy_id strategy@
    ORDER BY strategy_id LIKE '(%', strategy_id, time
    LIMIT 5000
  |||,
  by: 'strategy_id',
  empty: 'No trainings to show in this time range',
  more: g.defaults({
    custom+: { lineWidth: 1, pointSize: 8, showPoints: 'always', lineStyle: { dash: [4, 6], fill: 'dash' } },
    unit: 'percentunit',
    max: 1,
  }),
})
+ g.table({
  title: 'Dataset builds, running and failed',
  at: [0, 52, 24, 8],
  help: |||
    What training is waiting for: datasets that the feature service is building now, and the latest failed builds with their reason. @always@ @tinted@
    > a build that has been running for an hour, or the same failure repeatedly: check feature-service.
  |||,
  sql: |||
    SELECT time, @since time age_s@, symbol, CASE WHEN status = 'building' AND freshness <> 'fresh' THEN 'unknown, was building' ELSE status END AS build, completed_at, error, freshness
    FROM dataset_build
    ORDER BY time DESC
    LIMIT 100
  |||,
  empty: 'No builds of datasets to show',
  columns: [
    ['time', 'Started (UTC)', g.time],
    ['age_s', 'Age', g.duration],
    ['symbol', 'Symbol', g.left + g.dash + { width: 110 }],
    ['build', 'Status', g.word(160, g.values([['building', g.blue], ['failed', g.orange], ['unknown, was building', g.grey]]))],
    ['completed_at', 'Ended (UTC)', g.time { none: 'running' }],
    ['error', 'Error', g.prose(200)],
  ],
})
