local g = import '../lib/page.libsonnet';

g.page({
  uid: 'cache',
  question: 'How current are these pages, and is the gateway well that fills them?',
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
    The program that reads the trading system and writes the cache these pages are drawn from. **up** or **down**: whether it wrote lately. **Written**: the age of the file; it should stay at a few seconds. **Saved a day**: what it writes to the disk. **A power cut costs**: how much of what these pages show is not yet saved to the disk.
    > written minutes ago: the gateway is stopped or stuck; see `make logs`.
  |||,
  sql: |||
    SELECT CASE g.freshness WHEN 'fresh' THEN 'up' ELSE 'down' END AS state,
      CAST(max(g.age_s, 0) AS INTEGER) AS written_s,
      CASE WHEN g.freshness = 'fresh' THEN CAST(max(unixepoch() - g.started_at, 0) AS INTEGER) END AS running_s,
      CASE WHEN g.freshness = 'fresh' THEN (SELECT 1.0 * sum(requests_per_min) FROM source_status) END AS requests_per_min,
      g.file_bytes, g.saved_bytes_per_day, CAST(g.unsaved_s AS REAL) AS unsaved_s, g.publish_count, g.version
    FROM gateway g
  |||,
  size: 22,
  empty: 'unknown',
  columns: [
    ['state', 'The gateway is', { colors: g.values([['up', g.green], ['down', g.red]]) }],
    ['written_s', 'Written, ago', { unit: 'dtdurations', decimals: 0 }],
    ['running_s', 'Running for', { unit: 'dtdurations', decimals: 0 }],
    ['requests_per_min', 'Requests per minute', { decimals: 1 }],
    ['file_bytes', 'File size', { unit: 'decbytes' }],
    ['saved_bytes_per_day', 'Saved a day', { none: 'not yet measured', unit: 'decbytes' }],
    ['unsaved_s', 'A power cut costs', { none: 'everything: not yet saved', unit: 'dtdurations', decimals: 0 }],
    ['publish_count', 'Times written', { unit: 'locale' }],
    ['version', 'Version', {}],
  ],
})
+ g.table({
  title: 'Sources',
  at: [0, 7, 24, 16],
  help: |||
    Everything the gateway reads, how current it is, how often it is polled. All postgres sources share one request. @tinted@ @always@

    * **Data**: *fresh*; *out of date*; *never read*; *not configured*; *not there*: the upstream has no such thing.
    * **Failures**: in a row. After failures the gateway waits longer, at most a minute, before the next attempt.
    > see **Problem**, or `cache-gateway why SOURCE`: *dns* name unknown; *refused* nothing listens; *timeout* no answer in time; *auth* wrong user, password or key; *missing* an older deployment without it.
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
    ['last_success_at', 'Data as of (UTC)', g.time { none: 'never' }],
    ['age_s', 'Age', g.duration { none: 'never' }],
    ['interval_s', 'Asked every', g.right { width: 74, unit: 's' }],
    ['stale_after_s', 'Stale after', g.right { width: 76, unit: 's' }],
    ['tried_s', 'Last tried, ago', g.duration { none: 'never' }],
    ['duration_ms', 'Took', g.right { width: 76, unit: 'ms', decimals: 1 }],
    ['rows', 'Rows held', g.count { width: 64 }],
    ['requests_per_min', 'Requests per minute', g.right { width: 84, decimals: 1 }],
    ['consecutive_failures', 'Failures in a row', g.right + g.coloured + { width: 78, steps: g.steps([g.plain, [0, g.plain], [1, g.yellow], [2, g.red]]) }],
    ['problem', 'Problem', g.left + g.dash + { minWidth: 150 }],
  ],
})
+ g.lines({
  title: 'Response times',
  at: [0, 23, 12, 10],
  help: |||
    The time each attempt took, failed ones too. @range@ Only the last 60 attempts of a source are kept, so it reaches back some ten minutes.
    > a source that grows slower makes its data older; near its timeout it will start to fail.
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
  at: [12, 23, 12, 10],
  help: |||
    When an upstream could not be reached (two failures in a row or more), or the gateway itself was down, now included; the newest 100. @always@ Charts show them as shades, unless they are too short to be seen.
    > outages at the same hour every day point at a scheduled job.
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
    ['started_at', 'From (UTC)', g.time],
    ['ended_at', 'Until (UTC)', g.time { none: 'not over' }],
    ['lasted_s', 'Lasted', g.duration],
    ['problem', 'Problem', g.prose(90)],
  ],
})
+ g.table({
  title: 'The last 100 attempts',
  at: [0, 33, 24, 12],
  help: |||
    The latest polls of the sources chosen above, newest first. The phases are those of the request: connecting, waiting for the first byte, reading, parsing. @always@
    > *waiting* long: the upstream is slow; *connecting* long: the network is.
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
    ['source', 'Source', g.wide(210)],
    ['outcome', 'Outcome', g.word(96, g.matching([['^ok$', g.green], ['.+', g.red]]))],
    ['duration_ms', 'Took', { width: 90, unit: 'ms', decimals: 1 }],
    ['connect_ms', 'Connecting', g.dash { width: 96, unit: 'ms', decimals: 1 }],
    ['wait_ms', 'Waiting', g.dash { width: 90, unit: 'ms', decimals: 1 }],
    ['read_ms', 'Reading', g.dash { width: 90, unit: 'ms', decimals: 1 }],
    ['parse_ms', 'Understanding', g.dash { width: 110, unit: 'ms', decimals: 1 }],
    ['rows', 'Rows', g.count + g.dash + { width: 80 }],
    ['error', 'Error', g.left + g.dash + { minWidth: 140 }],
  ],
})
