local g = import '../lib/page.libsonnet';

g.page({
  uid: 'cache',
  question: 'How current are these pages, and is the gateway that fills them healthy?',
  sources: '1 = 1',
  upstreams: "upstream <> 'gateway'",
  from: 'now-1h',
  variables: [
    g.choiceOf('source', 'Source', 'Show only these sources', 'source', 'SELECT source FROM source_status ORDER BY position'),
  ],
})
+ g.figures({
  title: 'The gateway',
  at: [0, 3, 24, 4],
  help: |||
    The program that polls the trading system and writes the cache that these pages read. **up** or **down**: whether it has published recently. **Published, age**: should stay at a few seconds. **Saved per day**: bytes written to disk. **Lost in a power cut**: how much of what these pages show has not been saved to disk.
    > published minutes ago: the gateway is stopped or stuck; see `make logs`.
  |||,
  sql: |||
    SELECT CASE g.freshness WHEN 'fresh' THEN 'up' ELSE 'down' END AS state,
      CAST(max(g.age_s, 0) AS INTEGER) AS written_s,
      CASE WHEN g.freshness = 'fresh' THEN CAST(max(unixepoch() - g.started_at, 0) AS INTEGER) END AS running_s,
      CASE WHEN g.freshness = 'fresh' THEN (SELECT 1.0 * sum(requests_per_min) FROM source_status) END AS requests_per_min,
      g.file_bytes, g.saved_bytes_per_day, CAST(g.unsaved_s AS REAL) AS unsaved_s, g.publish_count, g.version
    FROM gateway g
  |||,
  empty: 'unknown',
  columns: [
    ['state', 'Gateway', { colors: g.values([['up', g.green], ['down', g.red]]) }],
    ['written_s', 'Published, age', { unit: 'dtdurations', decimals: 0 }],
    ['running_s', 'Uptime', { unit: 'dtdurations', decimals: 0 }],
    ['requests_per_min', 'Requests per minute', { decimals: 1 }],
    ['file_bytes', 'File size', { unit: 'decbytes' }],
    ['saved_bytes_per_day', 'Saved per day', { none: 'not measured yet', unit: 'decbytes' }],
    ['unsaved_s', 'Lost in a power cut', { none: 'everything: not saved yet', unit: 'dtdurations', decimals: 0 }],
    ['publish_count', 'Publishes', { unit: 'locale' }],
    ['version', 'Version', {}],
  ],
})
+ g.table({
  title: 'Sources',
  at: [0, 7, 24, 16],
  help: |||
    Everything the gateway polls: how current it is and how often it is polled. All postgres sources share one connection. @tinted@ @always@

    * **Data**: *fresh*; *stale*; *no data yet*; *not configured*; *missing*: the upstream has no such table or endpoint.
    * **Failures in a row**: the gateway then waits longer before the next attempt, up to a minute.
    > see **Problem**, or `cache-gateway why SOURCE`: *dns*: unknown host name; *refused*: nothing is listening; *timeout*: no answer in time; *auth*: wrong user, password or key, or no permission; *missing*: an older deployment without it.
  |||,
  sql: |||
    SELECT source, freshness AS state, last_success_at, CAST(age_s AS INTEGER) AS age_s, interval_s, stale_after_s, @since last_attempt_at tried_s@, duration_ms, rows, requests_per_min, consecutive_failures, @problem@ AS problem, freshness
    FROM source_status
    WHERE @chosen source source@
    ORDER BY position
    LIMIT 200
  |||,
  empty: 'No sources to show',
  columns: [
    ['source', 'Source', g.left + g.toAttempts + { width: 186 }],
    ['state', 'Data', g.verdict(106, g.dataWords)],
    ['last_success_at', 'Last updated (UTC)', g.time { none: 'never' }],
    ['age_s', 'Age', g.duration { none: 'never' }],
    ['interval_s', 'Polled every', g.right { width: 74, unit: 's' }],
    ['stale_after_s', 'Stale after', g.right { width: 76, unit: 's' }],
    ['tried_s', 'Last tried, age', g.duration { none: 'never' }],
    ['duration_ms', 'Took', g.right { width: 76, unit: 'ms', decimals: 1 }],
    ['rows', 'Rows held', g.count { width: 64 }],
    ['requests_per_min', 'Requests per minute', g.right { width: 84, decimals: 1 }],
    ['consecutive_failures', 'Failures in a row', g.right + g.coloured + { width: 78, steps: g.steps([g.plain, [0, g.plain], [1, g.yellow], [2, g.red]]) }],
    ['problem', 'Problem', g.left + g.dash + { minWidth: 150 }],
  ],
})
+ g.lines({
  title: 'Response times',
  at: [0, 23, 11, 10],
  help: |||
    The duration of each attempt, including failed ones. @range@ Only the last 60 attempts of each source are kept, about ten minutes.
    > a source that gets slower delivers older data; close to its timeout it starts to fail.
  |||,
  sql: |||
    SELECT time, source, duration_ms
    FROM source_attempt
    WHERE @in_range@ AND @chosen source source@
    ORDER BY time
    LIMIT 5000
  |||,
  by: 'source',
  empty: 'No attempts to show in this time range',
  more: g.legendTable(['lastNotNull', 'max']) + g.defaults({ custom+: { insertNulls: 120000, showPoints: 'never' }, unit: 'ms', min: 0 }),
})
+ g.table({
  title: 'Outages',
  at: [11, 23, 13, 10],
  help: |||
    When an upstream could not be reached (two or more failures in a row), or the gateway itself was down. The newest 100, including ongoing ones. @always@ Charts show them as shading, unless they are too short to be visible.
    > outages at the same hour every day point to a scheduled job.
  |||,
  sql: |||
    SELECT upstream, started_at, ended_at, CAST(until_at - started_at AS INTEGER) AS lasted_s,
      CASE WHEN upstream = 'gateway' THEN 'the gateway was down' ELSE coalesce(explanation || ' (', '') || @problem@ || CASE WHEN explanation IS NULL THEN '' ELSE ')' END END AS problem
    FROM outage_period
    ORDER BY started_at DESC
    LIMIT 100
  |||,
  empty: 'No outages to show',
  tinted: false,
  columns: [
    ['upstream', 'Upstream', g.wide(120)],
    ['started_at', 'Start (UTC)', g.dayTime],
    ['ended_at', 'End (UTC)', g.dayTime { none: 'ongoing' }],
    ['lasted_s', 'Duration', g.duration],
    ['problem', 'Problem', g.prose(220)],
  ],
})
+ g.table({
  title: 'The last 100 attempts',
  at: [0, 33, 24, 12],
  help: |||
    The latest attempts of the selected sources, newest first, with the phases of each request: connecting, waiting for the first byte, reading, parsing. @always@
    > long *waiting*: the upstream is slow; long *connecting*: the network is slow.
  |||,
  sql: |||
    SELECT time, @since time age_s@, source, CASE WHEN error_class IS NULL THEN 'ok' ELSE error_class END AS outcome, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, rows, error
    FROM source_attempt
    WHERE @chosen source source@
    ORDER BY time DESC
    LIMIT 100
  |||,
  empty: 'No attempts to show',
  tinted: false,
  columns: [
    g.at,
    g.age,
    ['source', 'Source', g.wide(200)],
    ['outcome', 'Outcome', g.word(96, g.matching([['^ok$', g.green], ['.+', g.red]]))],
    ['duration_ms', 'Took', { width: 90, unit: 'ms', decimals: 1 }],
    ['connect_ms', 'Connecting', g.dash { width: 96, unit: 'ms', decimals: 1 }],
    ['wait_ms', 'Waiting', g.dash { width: 90, unit: 'ms', decimals: 1 }],
    ['read_ms', 'Reading', g.dash { width: 90, unit: 'ms', decimals: 1 }],
    ['parse_ms', 'Parsing', g.dash { width: 110, unit: 'ms', decimals: 1 }],
    ['rows', 'Rows', g.count + g.dash + { width: 80 }],
    ['error', 'Error', g.left + g.dash + { minWidth: 140 }],
  ],
})
