local g = import '../lib/page.libsonnet';

local list(spec) = g.table({
  sql: |||
    SELECT dataset, about, freshness AS state, fetched_at, CAST(age_s AS INTEGER) AS data_age_s, rows, source, file,
      @problem@ AS problem, freshness
    FROM dataset
    WHERE %s
    LIMIT 200
  ||| % spec.which,
  columns: [
    ['dataset', 'Dataset', g.left { width: 144, link: ['This dataset', '/d/datasets?var-dataset=${__value.raw:percentencode}&var-measure=All&${__url_time_range}'] }],
    ['about', 'About', g.prose(140)],
    ['state', 'Data', g.verdict(106, g.dataWords)],
    ['fetched_at', 'Last updated (UTC)', g.time { none: 'never' }],
    ['data_age_s', 'Age', g.duration { none: 'never' }],
    ['rows', 'Rows', g.count { width: 64 }],
    ['source', 'Source', g.left + g.toAttempts + { width: 206 }],
    ['file', 'File', g.wide(180)],
    ['problem', 'Problem', g.prose(140)],
  ],
} + spec);

g.page({
  uid: 'datasets',
  question: 'What is in our own datasets, how current is it, and how did it change? Any dataset that a file in DATASETS_DIR declares.',
  sources: 'source IN (SELECT source FROM dataset WHERE @chosen dataset dataset@)',
  remedy: 'there is no dataset, or its upstream is not configured. Put a file into DATASETS_DIR and restart the gateway: docs/datasets.md',
  upstreams: 'upstream IN (SELECT upstream FROM dataset WHERE @chosen dataset dataset@)',
  from: 'now-6h',
  variables: [
    g.oneOf('dataset', 'Dataset', 'Which dataset this page shows', 'SELECT dataset FROM dataset ORDER BY 1'),
    g.choiceOf('measure', 'Over time', 'Show only these columns over time', 'measure', 'SELECT name FROM dataset_column WHERE in_trend = 1 AND @chosen dataset dataset@ ORDER BY position'),
  ],
})
+ list({
  title: 'This dataset',
  which: '@chosen dataset dataset@',
  at: [0, 3, 24, 4],
  empty: 'Nothing to show: choose a dataset from the list below',
  help: |||
    The selected dataset: what it is, how current its rows are, and its last error.
    > docs/datasets.md has the remedy for each **Problem**. The source links to its last attempts.
  |||,
})
+ g.table({
  title: 'Its rows',
  at: [0, 7, 24, 14],
  help: |||
    The first 1,000 rows as of the time above, in the order that the file declares. Times are UTC. A verdict is *unknown* unless the data is current; **last_known** has the previous one. @tinted@ @always@
    > for all rows, use `SELECT * FROM NAME` in sqlite3.
  |||,
  sql: |||
    SELECT row AS _row FROM dataset_row WHERE @chosen dataset dataset@ LIMIT 1000
  |||,
  empty: 'No rows to show',
  columns: [],
  more: g.defaults({ unit: 'string', custom+: { filterable: true, minWidth: 110 } }) + g.fromJson,
})
+ g.table({
  title: 'Its columns',
  at: [0, 21, 12, 9],
  help: |||
    The columns of the dataset with their notes from the file, without its verdicts.
    > to add a note, set `note` for the column in the file.
  |||,
  sql: |||
    SELECT name, type, CASE in_trend WHEN 1 THEN 'yes' END AS in_trend, note
    FROM dataset_column
    WHERE @chosen dataset dataset@
    ORDER BY position
    LIMIT 100
  |||,
  empty: 'No columns to show',
  tinted: false,
  columns: [
    ['name', 'Column', g.from(160)],
    ['type', 'Type', g.wide(80)],
    ['in_trend', 'Over time', g.left + g.dash + { width: 80 }],
    ['note', 'Note', g.prose(160)],
  ],
})
+ g.table({
  title: 'Its events',
  at: [12, 21, 12, 9],
  help: |||
    The newest 100 events of this dataset, as declared in its file. @always@
    > if expected events are missing, see `events` in docs/datasets.md. The first answer causes none.
  |||,
  sql: |||
    SELECT time, @since time age_s@, event_type, summary
    FROM event_history
    WHERE category = 'dataset' AND @chosen substr(event_type,1,instr(event_type,'.')-1) dataset@
    ORDER BY time DESC
    LIMIT 100
  |||,
  empty: 'No events to show',
  tinted: false,
  columns: [
    g.at,
    g.age,
    ['event_type', 'Event', g.wide(180)],
    ['summary', 'What happened', g.left + g.wrapped + { minWidth: 160 }],
  ],
})
+ list({
  title: 'All datasets',
  which: '1 = 1',
  at: [0, 30, 24, 9],
  empty: 'Nothing to show: put a file into DATASETS_DIR and restart the gateway (docs/datasets.md)',
  help: |||
    Every dataset that a file in `DATASETS_DIR` declares, including those whose file has errors.
    > click a name to see its rows. A file that is missing here is not named `*.yaml`, or was added after the gateway started.
  |||,
})
+ g.history({
  title: 'Over time: ${measure}',
  which: '@chosen dataset dataset@',
  measure: '@chosen measure measure@',
  at: [0, 39, 24, 9],
  help: |||
    The history of one column of the dataset, one line per key; one chart per selected column. The 20 lines with the largest values; longer ranges show the mean of each step. @history@
    > if it is empty, the file needs `history` (docs/datasets.md), or nothing was measured in this range.
  |||,
  empty: 'No history to show in this time range',
  more: { repeat: 'measure', repeatDirection: 'h', maxPerRow: 2 },
})
