// The kinds of panels. Each takes {title, at: [x, y, w, h], help, sql, empty, columns, more}; `more` is
// Grafana's own JSON and is added to what the kind gives. `empty` are the words for no rows. Times are the columns of a table
// that are shown as times, and `time` of a chart.
{
  local g = $,
  // A text block without its last line break.
  text(block):: std.rstripChars(block, '\n'),
  // `@@NAME@@` in a text, for each of the values.
  with(values, text):: std.foldl(function(sql, name) std.strReplace(sql, '@@' + name + '@@', values[name]), std.objectFields(values), text),
  // Of the system that is chosen: page.libsonnet.
  datasource:: { type: 'frser-sqlite-datasource', uid: '${system}' },
  // Words between two @ stand for SQL that many queries need. Grafana writes \" for " into values of variables.
  local words = {
    // The column's value is among those chosen in the variable.
    chosen(column, variable):: @"ifnull(replace(%s, '""', '\""'), '(none)') IN (${%s:sqlstring})" % [column, variable],
    // The column contains the text of the variable, whatever the case.
    contains(column, variable):: @"instr(lower(ifnull(replace(%s, '""', '\""'), '')), lower(trim(${%s:sqlstring}))) > 0" % [column, variable],
    text(column):: @"ifnull(replace(%s, '""', '\""'), '')" % column,
    // A price or a quantity, readable.
    rounded(value):: std.strReplace('round(?, CASE WHEN abs(?) >= 1000 THEN 2 WHEN abs(?) >= 10 THEN 4 WHEN abs(?) >= 0.1 THEN 5 WHEN abs(?) >= 0.001 THEN 6 ELSE 8 END)', '?', value),
    since(time, name):: 'CAST(max(unixepoch() - %s, 0) AS INTEGER) AS %s' % [time, name],
    problem():: "coalesce(error_class || ': ' || error, error_class, error)",
    was(status, before):: "%s || CASE WHEN %s = 'unknown' AND %s IS NOT NULL THEN ', was ' || %s ELSE '' END" % [status, status, before, before],
    last_known(status, before, why)::
      "CASE WHEN %s = 'unknown' AND %s <> 'unknown' THEN 'last known: ' || %s || CASE WHEN %s <> '' THEN ', ' ELSE '' END ELSE '' END || coalesce(%s, '')"
      % [status, before, before, why, why],
    // A moment within an outage that the time range shows: a NULL there breaks the line.
    within_outage():: '(max(o.started_at, $__from / 1000) + min(o.until_at, $__to / 1000)) / 2',
    in_range():: 'time >= $__from / 1000 AND time < $__to / 1000',
    outage_shown():: 'o.started_at < $__to / 1000 AND o.until_at > $__from / 1000',
  },
  local expanded(call) = local part = std.split(call, ' '); local arguments = part[1:];
                        local word = words[part[0]];
                        [
    function() word(),
    function() word(arguments[0]),
    function() word(arguments[0], arguments[1]),
    function() word(arguments[0], arguments[1], arguments[2]),
  ][std.length(arguments)](),
  query(sql, times=[]):: {
    local parts = std.split(g.text(sql), '@'),
    local text = std.join('', std.mapWithIndex(function(index, part) if index % 2 == 1 then expanded(part) else part, parts)),
    datasource: $.datasource,
    queryType: 'table',
    rawQueryText: text,
    queryText: text,
    timeColumns: times,
  },

  local option(spec, key, default) = if std.objectHas(spec, key) then spec[key] else default,
  // Sentences that many help texts need; what to do is the line that begins with >.
  local help(spec) = std.foldl(function(text, word) std.strReplace(text, word[0], word[1]), [
    ['\n> ', '\n\n*What to do:* '],
    ['@tinted@', 'Rows tinted yellow are from a stale source.'],
    ['@always@', 'Independent of the time range.'],
    ['@history@', '@range@ Kept for 14 days, at lower resolution with age. A gap means nothing was measured; the red or grey shading gives the reason.'],
    ['@range@', 'Uses the time range above.'],
  ], g.text(spec.help)),
  local times(type, spec) =
    if type == 'timeseries' then ['time']
    else if type == 'state-timeline' then ['time', 'end_time']
    else [column[0] for column in option(spec, 'columns', []) if std.isArray(column) && std.startsWith(option(column[2], 'unit', ''), 'time:')],
  local panel(type, spec) = {
    [if std.objectHas(spec, 'id') then 'id']: spec.id,
    type: type,
    title: spec.title,
    description: help(spec),
    gridPos: { x: spec.at[0], y: spec.at[1], w: spec.at[2], h: spec.at[3] },
    datasource: $.datasource,
    pluginVersion: '12.4.0',
    targets: [{ refId: 'A' } + g.query(spec.sql, times(type, spec))],
    fieldConfig: { defaults: { color: { mode: 'thresholds' }, mappings: [], thresholds: g.steps([g.plain]) }, overrides: g.overrides(option(spec, 'columns', [])) }
                 + (if std.objectHas(spec, 'empty') then { defaults+: { noValue: spec.empty } } else {}),
  },
  local merged(base, spec) = base + option(spec, 'more', {}),

  // One verdict in words, filled with its colour. `colors` as for g.matching.
  tile(spec):: merged(panel('stat', spec) {
    options: {
      colorMode: 'background_solid',
      graphMode: 'none',
      justifyMode: 'center',
      orientation: 'auto',
      reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '/^' + spec.field + '$/' },
      textMode: 'value',
      wideLayout: true,
      text: { valueSize: spec.size },
    },
    fieldConfig+: { defaults+: { mappings: spec.colors, thresholds: g.steps([g.grey]) } },
  }, spec),

  // The same for each row, with the row's name, in sizes that fit a phone, too.
  tiles(spec):: merged(g.tile(spec { more:: {} }) {
    options+: {
      reduceOptions+: { values: true, limit: 25 },
      textMode: 'value_and_name',
      text: { titleSize: 12, valueSize: spec.size },
    },
  }, spec),

  // One row of figures, each with its name.
  figures(spec):: merged(g.tile(spec { field: '', colors: [], size: 0, more:: {} }) {
    options+: {
      colorMode: 'value',
      reduceOptions+: { fields: '/.*/' },
      wideLayout: false,
      textMode: 'value_and_name',
      text:: {},
    },
    fieldConfig+: { defaults+: { thresholds: g.steps([g.plain]) } },
  }, spec),

  // The constant column `_`, added to a plain SELECT, makes an empty table say so instead of showing its headers. Rows are tinted by their column `freshness`,
  // unless `tinted` is false.
  table(spec):: merged(panel('table', spec { columns: [g.notAvailable] + spec.columns + (if option(spec, 'tinted', true) then [g.tint] else []), sql: if std.startsWith(spec.sql, 'SELECT ') then "SELECT 't' AS _, " + spec.sql[7:] else spec.sql }) {
    options: { cellHeight: 'sm', showHeader: true, enablePagination: false },
    fieldConfig+: {
      defaults+: {
        custom: {
          minWidth: 50,
          wrapHeaderText: true,
        },
      },
    },
    transformations: [{ id: 'partitionByValues', options: { fields: ['_'], keepFields: false, naming: { asLabels: false } } }],
  }, spec),

  // The events of an order or a signal; `which` is the condition, `other` the id that leads on: signal or order.
  outcome(spec):: g.table({
    title: 'Outcome',
    tinted: false,
    sql: 'SELECT time, event_type, service, status, summary, %s_id\nFROM event_history\n%sORDER BY time, event_id DESC\nLIMIT 100' % [spec.other, spec.which],
    columns: [
      g.at,
      ['event_type', 'Event', g.word(176, g.eventWords)],
      ['service', 'Service', g.wide(110)],
      ['status', 'Status', g.left + g.dash + { width: 80 }],
      ['summary', 'What happened', g.left + g.wrapped + { minWidth: 140 }],
      g[spec.other + 'Id']({ width: 90, none: '' }),
    ],
  } + spec),

  // A line for each value of the column `by`. A gap in the data is a gap in the line.
  lines(spec):: merged(panel('timeseries', spec) {
    options: {
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { hideZeros: false, mode: 'multi', sort: 'desc' },
    },
    fieldConfig+: {
      defaults+: {
        color: { mode: if spec.by == 'strategy_id' then 'palette-classic-by-name' else 'palette-classic' },  // by name, two lines may share a colour
        displayName: '${__field.labels.' + spec.by + '}',
        custom: {
          drawStyle: 'line',
          fillOpacity: 0,
          lineWidth: 2,
          pointSize: 6,
          showPoints: option(spec, 'points', 'auto'),
          spanNulls: false,
        },
      },
    },
    transformations: [{ id: 'prepareTimeSeries', options: { format: 'multi' } }],
  }, spec),

  // Counts of things, stacked.
  bars(spec):: merged(g.lines(spec { more:: {} }) {
    fieldConfig+: {
      defaults+: { min: 0, decimals: 0, custom+: { drawStyle: 'bars', fillOpacity: 70, lineWidth: 1, stacking: { group: 'A', mode: 'normal' } } },
    },
  }, spec),

  // The history of a dataset: `which` is a condition on `dataset`, `measure` one on dataset_trend. Columns that a view declares come first:
  // others have the type of their first value.
  history(spec):: g.lines({
    by: 'series',
    points: 'never',
    sql: g.with({ which: spec.which, measure: spec.measure }, |||
      WITH r AS MATERIALIZED (
        SELECT time / step * step AS time, series, value
        FROM dataset_trend CROSS JOIN (SELECT max(5, ($__to - $__from) / 1000 / 400) AS step)
        WHERE @@which@@ AND @@measure@@ AND @in_range@
      ), s AS MATERIALIZED (
        SELECT series FROM r GROUP BY series ORDER BY max(abs(value)) DESC, series LIMIT 20
      )
      SELECT last_success_at AS time, source AS series, interval_s AS value FROM source_status WHERE 0
      UNION ALL
      SELECT time, series, avg(value) FROM r WHERE series IN (SELECT series FROM s) GROUP BY 1, 2
      UNION ALL
      SELECT @within_outage@, series, NULL
      FROM s CROSS JOIN outage_period o
      WHERE (o.upstream = 'gateway' OR o.upstream IN (SELECT upstream FROM dataset WHERE @@which@@)) AND @outage_shown@
      ORDER BY 1, 2
      LIMIT 20000
    |||),
  } + spec),

  // One row of `source` as a table of its own: a line `NAME: EXPRESSION` for each.
  attributes(source, lines)::
    local all = [std.splitLimit(line, ':', 1) for line in std.split(g.text(lines), '\n')];
    "SELECT 't' AS _, attribute, value, freshness FROM (\n" + std.join('\n', std.mapWithIndex(
      function(n, one) (if n == 0 then "  SELECT 1 AS n, '%s' AS attribute,%s AS value, freshness FROM %s" else '  UNION ALL SELECT ' + (n + 1) + ", '%s',%s, freshness FROM %s")
                       % [one[0], one[1], source], all
    )) + '\n)\nORDER BY n',

  // Turns the JSON of dataset_row into columns.
  fromJson:: { transformations+: [{ id: 'extractFields', options: { source: '_row', format: 'json', replace: true, keepTime: false } }] },

  legendTable(calcs):: { options+: { legend+: { calcs: calcs, displayMode: 'table', placement: 'right', sortBy: { lastNotNull: 'Last *', sum: 'Total' }[calcs[0]], sortDesc: true } } },
  defaults(values):: { fieldConfig+: { defaults+: values } },

  // The status of each value of the column `by` of the view `of` over time, known by the source that `source` gives for a row t.
  // `colors` as for g.values.
  local statuses(spec) = g.with({ by: spec.by, of: spec.of, source: spec.source }, |||
    SELECT max(time, $__from / 1000) AS time, min(shown_until, $__to / 1000) AS end_time, @@by@@, status
    FROM (
      SELECT t.time, t.@@by@@, t.status,
        CASE WHEN lead(t.time) OVER w - t.end_time <= coalesce(s.stale_after_s, 60) THEN lead(t.time) OVER w ELSE max(t.end_time, t.time + 1) END AS shown_until
      FROM @@of@@ t
      LEFT JOIN source_status s ON s.source = @@source@@
      WINDOW w AS (PARTITION BY t.@@by@@ ORDER BY t.time)
    )
    WHERE time < $__to / 1000 AND shown_until > $__from / 1000
    ORDER BY @@by@@, time
    LIMIT 5000
  |||),
  timeline(spec):: merged(panel('state-timeline', spec { sql: statuses(spec) }) {
    options: {
      alignValue: 'left',
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
      mergeValues: true,
      perPage: 0,
      rowHeight: 0.8,
      showValue: 'auto',
      tooltip: { hideZeros: false, mode: 'single', sort: 'none' },
    },
    fieldConfig+: {
      defaults+: {
        displayName: '${__field.labels.' + spec.by + '}',
        mappings: g.values(spec.colors),
        custom: { fillOpacity: 80, insertNulls: false, lineWidth: 0, spanNulls: false },
      },
    },
    transformations: [{ id: 'partitionByValues', options: { fields: [spec.by], keepFields: false, naming: { asLabels: true } } }],
  }, spec),

  words(spec):: {
    type: 'text',
    title: spec.title,
    description: g.text(spec.help),
    gridPos: { x: spec.at[0], y: spec.at[1], w: spec.at[2], h: spec.at[3] },
    pluginVersion: '12.4.0',
    options: { mode: 'markdown', content: g.text(spec.text) },
    fieldConfig: { defaults: {}, overrides: [] },
  },
}
