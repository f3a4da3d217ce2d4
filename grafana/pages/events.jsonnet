local g = import '../lib/page.libsonnet';

g.page({
  uid: 'events',
  question: 'What happened, in order: signals, orders, trainings, subscriptions, connections, health.',
  sources: "(source LIKE 'postgres.%' OR source LIKE '%.health' OR source = 'model-service.training')",
  upstreams: "upstream <> 'gateway'",
  from: 'now-6h',
  variables: [
    g.choice('category', 'Kind', 'Show only these kinds of events', 'category', ['signal', 'order', 'model', 'subscription', 'connection', 'health', 'dataset']),
    g.choice('type', 'Event type', 'Show only these types of events', 'event_type', [
      'trading_signal_received',
      'order_created',
      'order_executed',
      'order_closed',
      'model_training_started',
      'model_training_completed',
      'model_retrained',
      'subscription_created',
      'subscription_cancelled',
      'websocket_connected',
      'websocket_disconnected',
      'websocket_reconnected',
      'service_status_changed',
      'upstream_lost',
      'upstream_recovered',
      'gateway_started',
    ]),
    g.choiceOf('service', 'Service', 'Show only events of these services', 'service', 'SELECT DISTINCT service FROM event_history WHERE service IS NOT NULL ORDER BY 1'),
    g.search('find', 'Search', 'An id, an asset or a word, or a part of one'),
  ],
  panels: [
    g.bars({
      title: 'Events over time',
      at: [0, 3, 24, 6],
      help: |||
        How many events of each kind. Obeys the time range above. It reaches back as far as the history: 30 days, and the newest 1,000 of each type, unless configured otherwise. Colours tell kinds apart here, not good from bad.

        *What to do:* look for where the rhythm breaks, and read the list there.
      |||,
      sql: |||
        WITH w AS (SELECT max(60, ($__to - $__from) / 1000 / 96) AS step)
        SELECT CAST(time AS INTEGER) / step * step AS time, category, count(*) AS events
        FROM event_history CROSS JOIN w
        WHERE time >= $__from / 1000 AND time < $__to / 1000 AND @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
        GROUP BY 1, 2
        ORDER BY 1
      |||,
      times: ['time'],
      by: 'category',
      empty: 'No events to show in this time range',
      columns: [
        ['signal', null, { fixed: g.blue }],
        ['order', null, { fixed: g.purple }],
        ['model', null, { fixed: g.orange }],
        ['subscription', null, { fixed: 'super-light-blue' }],
        ['connection', null, { fixed: '#2aa198' }],
        ['health', null, { fixed: '#d6649b' }],
        ['dataset', null, { fixed: 'super-light-purple' }],
      ],
      more: g.legendTable(['sum']),
    }),
    g.table({
      title: 'The last 200 events',
      at: [0, 9, 24, 22],
      help: |||
        The newest 200 events that fit the choices above, the newest first, however old. The time range above does not matter here.

        * **Known by**: *row*: the trading system recorded it; *derived*: follows from a record (the start of a training from its end and length); *observed*: the gateway saw it change between two polls. *(some time after ...)*: nobody watched; it happened between that and the time shown.
        * The colour of the type is the kind of the event, as in the chart above.
        * A signal id leads to the signal and what became of it, an order id to the order.

        *What to do:* read from the bottom up to see what led to the present state. Search takes ids, assets and words.
      |||,
      sql: |||
        SELECT 't' AS _, time, CAST(max(unixepoch() - time, 0) AS INTEGER) AS age_s, event_type, service, status,
          summary || coalesce(' (some time after ' || strftime('%Y-%m-%d %H:%M:%S', not_before_at, 'unixepoch') || ' UTC)', '') AS summary, signal_id, order_id, coalesce(model_version, subscription_id) AS other_id, origin, event_id
        FROM event_history
        WHERE @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
          AND instr(lower(ifnull(replace(event_id, '"', '\"'), '') || ' ' || ifnull(replace(signal_id, '"', '\"'), '') || ' ' || ifnull(replace(order_id, '"', '\"'), '') || ' ' || ifnull(replace(asset, '"', '\"'), '') || ' ' || ifnull(replace(symbol, '"', '\"'), '') || ' ' || ifnull(replace(summary, '"', '\"'), '')), lower(trim(${find:sqlstring}))) > 0
        ORDER BY time DESC, event_id
        LIMIT 200
      |||,
      times: ['time'],
      empty: 'No events to show',
      columns: [
        g.notAvailable,
        ['time', 'Time (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['event_type', 'Event type', g.left + g.coloured + {
          width: 180,
          colors: g.matching([
            ['^(trading_)', g.blue],
            ['^(order_)', g.purple],
            ['^(model_)', g.orange],
            ['^(subscription_)', 'super-light-blue'],
            ['^(websocket_)', '#2aa198'],
            ['^(service_|upstream_|gateway_)', '#d6649b'],
          ]),
        }],
        ['service', 'Service', g.left { width: 112 }],
        ['status', 'Status', g.left + g.coloured + g.dash + {
          width: 86,
          colors: g.values([
            ['filled', g.green],
            ['completed', g.green],
            ['active', g.green],
            ['connected', g.green],
            ['healthy', g.green],
            ['cancelled', g.yellow],
            ['degraded', g.yellow],
            ['reconnecting', g.yellow],
            ['connecting', g.yellow],
            ['rejected', g.red],
            ['disconnected', g.red],
            ['unhealthy', g.red],
            ['unknown', g.grey],
            ['dry_run', g.purple, 'dry run'],
          ]),
        }],
        ['summary', 'What happened', g.left { minWidth: 170 }],
        ['signal_id', 'Signal id', g.left + g.toSignal + { width: 94, none: '' }],
        ['order_id', 'Order id', g.left + g.toOrder + { width: 94, none: '' }],
        ['other_id', 'Model or subscription', g.left + g.dash + { width: 106 }],
        ['origin', 'Known by', g.left { width: 76 }],
        ['event_id', 'Event id', g.left { width: 94 }],
      ],
    }),
    g.table({
      title: 'Events by type and service',
      at: [0, 31, 24, 10],
      help: |||
        How many events of each type are kept, and the newest of each. The time range above does not matter here. Obeys the choices above.

        *What to do:* a type whose newest event is older than usual points at the part of the system that stopped.
      |||,
      sql: |||
        SELECT 't' AS _, event_type, category, service, count(*) AS events, max(time) AS time, CAST(max(unixepoch() - max(time), 0) AS INTEGER) AS age_s, min(time) AS since
        FROM event_history
        WHERE @chosen category category@ AND @chosen event_type type@ AND @chosen service service@
        GROUP BY event_type, category, service
        ORDER BY max(time) DESC
        LIMIT 200
      |||,
      times: ['time', 'since'],
      empty: 'No events to show',
      columns: [
        g.notAvailable,
        ['event_type', 'Event type', g.left { minWidth: 200 }],
        ['category', 'Kind', g.left + g.coloured + {
          width: 120,
          colors: g.values([
            ['signal', g.blue],
            ['order', g.purple],
            ['model', g.orange],
            ['subscription', 'super-light-blue'],
            ['connection', '#2aa198'],
            ['health', '#d6649b'],
            ['dataset', 'super-light-purple'],
          ]),
        }],
        ['service', 'Service', g.left { width: 160 }],
        ['events', 'Kept', g.left { width: 90 }],
        ['time', 'Newest (UTC)', g.time + g.dash + { width: 158 }],
        ['age_s', 'Age', g.duration + g.dash + { width: 94 }],
        ['since', 'Oldest kept (UTC)', g.time + g.dash + { width: 158 }],
      ],
    }),
  ],
})
