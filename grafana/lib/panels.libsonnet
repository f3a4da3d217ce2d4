// The kinds of panels. Each takes {title, at: [x, y, w, h], help, sql, times, empty, columns, more}; `more` is
// Grafana's own JSON and is added to what the kind gives. `times` are the columns of `sql` that are times, `empty` the words
// for no rows.
{
  local g = $,
  // A text block without its last line break.
  text(block):: std.rstripChars(block, '\n'),
  // Of the system that is chosen: page.libsonnet.
  datasource:: { type: 'frser-sqlite-datasource', uid: '${system}' },
  // Words between two @ stand for SQL that many queries need. Grafana writes \" for " into values of variables.
  local words = {
    // The column's value is among those chosen in the variable.
    chosen(column, variable):: @"ifnull(replace(%s, '""', '\""'), '(none)') IN (${%s:sqlstring})" % [column, variable],
    // The column contains the text of the variable, whatever the case.
    contains(column, variable):: @"instr(lower(ifnull(replace(%s, '""', '\""'), '')), lower(trim(${%s:sqlstring}))) > 0" % [column, variable],
    // A moment within an outage that the time range shows: a NULL there breaks the line.
    within_outage():: '(max(o.started_at, $__from / 1000) + min(coalesce(o.ended_at, unixepoch()), $__to / 1000)) / 2',
    outage_shown():: 'o.started_at < $__to / 1000 AND coalesce(o.ended_at, unixepoch()) > $__from / 1000',
  },
  local expanded(call) = local part = std.split(call, ' '); local arguments = part[1:];
                        if std.length(arguments) == 2 then words[part[0]](arguments[0], arguments[1]) else words[part[0]](),
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
  local panel(type, spec) = {
    type: type,
    title: spec.title,
    description: g.text(spec.help),
    gridPos: { x: spec.at[0], y: spec.at[1], w: spec.at[2], h: spec.at[3] },
    datasource: $.datasource,
    pluginVersion: '12.4.0',
    targets: [{ refId: 'A' } + g.query(spec.sql, option(spec, 'times', []))],
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
      showPercentChange: false,
      textMode: 'value',
      wideLayout: true,
      text: { valueSize: spec.size },
    },
    fieldConfig+: { defaults+: { mappings: g.matching(spec.colors), thresholds: g.steps([g.grey]) } },
  }, spec),

  // The same for each row, with the row's name.
  tiles(spec):: merged(g.tile(spec { size: 0, more:: {} }) {
    options+: {
      orientation: 'vertical',
      reduceOptions+: { values: true, limit: 25 },
      textMode: 'value_and_name',
      text: { titleSize: 15, valueSize: spec.size },
    },
  }, spec),

  // One row of figures, each with its name.
  figures(spec):: merged(g.tile(spec { field: '', colors: [], more:: {} }) {
    options+: {
      colorMode: 'value',
      orientation: 'vertical',
      reduceOptions+: { fields: '/.*/' },
      textMode: 'value_and_name',
      text: { titleSize: 13, valueSize: spec.size },
    },
    fieldConfig+: { defaults+: { thresholds: g.steps([g.plain]) } },
  }, spec),

  // The constant column `_` makes an empty table say so instead of showing its headers.
  table(spec):: merged(panel('table', spec) {
    options: { cellHeight: 'sm', showHeader: true, enablePagination: false },
    fieldConfig+: {
      defaults+: {
        custom: {
          align: 'auto',
          cellOptions: { type: 'auto' },
          filterable: false,
          inspect: false,
          minWidth: 50,
          wrapHeaderText: true,
        },
      },
    },
    transformations: [{ id: 'partitionByValues', options: { fields: ['_'], keepFields: false, naming: { asLabels: false } } }],
  }, spec),

  // A line for each value of the column `by`. A gap in the data is a gap in the line.
  lines(spec):: merged(panel('timeseries', spec) {
    options: {
      legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { hideZeros: false, mode: 'multi', sort: 'desc' },
    },
    fieldConfig+: {
      defaults+: {
        color: { mode: 'palette-classic-by-name' },  // a strategy has one colour on all pages
        displayName: '${__field.labels.' + spec.by + '}',
        custom: {
          axisBorderShow: false,
          axisColorMode: 'text',
          axisPlacement: 'auto',
          drawStyle: 'line',
          fillOpacity: 0,
          gradientMode: 'none',
          insertNulls: false,
          lineInterpolation: 'linear',
          lineWidth: 2,
          pointSize: 6,
          scaleDistribution: { type: 'linear' },
          showPoints: 'auto',
          spanNulls: false,
          stacking: { group: 'A', mode: 'none' },
          thresholdsStyle: { mode: 'off' },
        },
      },
    },
    transformations: [{ id: 'prepareTimeSeries', options: { format: 'multi' } }],
  }, spec),

  // Counts of things, stacked.
  bars(spec):: merged(g.lines(spec { more:: {} }) {
    fieldConfig+: {
      defaults+: { min: 0, decimals: 0, custom+: { drawStyle: 'bars', fillOpacity: 70, lineWidth: 1, stacking+: { mode: 'normal' } } },
    },
  }, spec),

  // The history of a dataset: `which` is a condition on `dataset`, `measure` one on dataset_trend. Columns that a view declares come first:
  // others have the type of their first value.
  history(spec):: g.lines({
    times: ['time'],
    by: 'series',
    sql: std.strReplace(std.strReplace(|||
      WITH r AS MATERIALIZED (
        SELECT time / step * step AS time, series, value
        FROM dataset_trend CROSS JOIN (SELECT max(5, ($__to - $__from) / 1000 / 400) AS step)
        WHERE @@which@@ AND @@measure@@ AND time >= $__from / 1000 AND time < $__to / 1000
      ), s AS MATERIALIZED (
        SELECT series FROM r GROUP BY series ORDER BY max(abs(value)) DESC, series LIMIT 20
      )
      SELECT last_success_at AS time, source AS series, interval_s AS value FROM source_status WHERE 0
      UNION ALL
      SELECT time, series, avg(value) FROM r WHERE series IN (SELECT series FROM s) GROUP BY 1, 2
      UNION ALL
      SELECT @within_outage@, series, NULL
      FROM s CROSS JOIN outage o
      WHERE (o.upstream = 'gateway' OR o.upstream IN (SELECT upstream FROM dataset WHERE @@which@@)) AND @outage_shown@
      ORDER BY 1, 2
      LIMIT 20000
    |||, '@@which@@', spec.which), '@@measure@@', spec.measure),
  } + spec),

  // Turns the JSON of dataset_row into columns.
  fromJson:: { transformations+: [{ id: 'extractFields', options: { source: '_row', format: 'json', replace: true, keepTime: false } }] },

  legendTable(calcs):: { options+: { legend+: { calcs: calcs, displayMode: 'table', placement: 'right' } } },
  defaults(values):: { fieldConfig+: { defaults+: values } },

  // The state of each value of the column `by` over time. `colors` as for g.values.
  timeline(spec):: merged(panel('state-timeline', spec) {
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
    options: { mode: 'markdown', content: g.text(spec.text), code: { language: 'plaintext', showLineNumbers: false, showMiniMap: false } },
    fieldConfig: { defaults: {}, overrides: [] },
  },
}
