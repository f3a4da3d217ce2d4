// What a page is: its freshness on top, links to the other pages, marks for outages, variables. Grafana takes the JSON that this
// gives; `make dashboards` writes it into grafana/dashboards/.
local fields = import 'fields.libsonnet';
local panels = import 'panels.libsonnet';
local g = panels + fields;

// In the order of the links.
local pages = [
  { uid: 'system-health', title: 'System health', tooltip: 'Is everything healthy, and if not, what is wrong?' },
  { uid: 'signals', title: 'Signals', tooltip: 'What has the model decided recently, and why?' },
  { uid: 'orders', title: 'Orders', tooltip: 'How did the orders end?' },
  { uid: 'pnl', title: 'PnL', tooltip: 'Profit and loss by day, strategy and asset' },
  { uid: 'portfolio', title: 'Portfolio', tooltip: 'What do we hold, and how close are we to the limits?' },
  { uid: 'model', title: 'Model', tooltip: 'Which model trades, and how well?' },
  { uid: 'queues', title: 'Queues', tooltip: 'Which queues are backlogged?' },
  { uid: 'exchange', title: 'Exchange connection', tooltip: 'Are we connected to the exchange?' },
  { uid: 'datasets', title: 'Datasets', tooltip: 'What is in our own datasets?' },
  { uid: 'events', title: 'Events', tooltip: 'What happened, in order?' },
  { uid: 'cache', title: 'Cache', tooltip: 'How current are these pages, and is the gateway healthy?' },
];

// "2026-01-02 03:04:05 UTC, 12 s ago" of an alias with `at` and `age`.
local when(alias) = std.strReplace(g.text(|||
  strftime('%Y-%m-%d %H:%M:%S', @@.at, 'unixepoch') || ' UTC' || ', ' || CASE WHEN @@.age < -5 THEN 'dated in the future: clocks differ' WHEN @@.age < 120 THEN max(@@.age, 0) || ' s ago' WHEN @@.age < 7200 THEN (@@.age / 60) || ' min ago'
        WHEN @@.age < 172800 THEN (@@.age / 3600) || ' h ' || (@@.age % 3600 / 60) || ' min ago' ELSE (@@.age / 86400) || ' days ago' END
|||), '@@', alias);

local freshness(spec) = g.tile({
  title: 'How fresh is this page?',
  at: [0, 0, 24, 3],
  help: g.text(|||
    One sentence on how current everything on this page is, and as of when (UTC).

    * **FRESH** (green): every source of this page has answered recently.
    * **STALE** (yellow): the named sources are not answering; their last known values are shown below, in rows tinted yellow.
    * **GATEWAY DOWN** (red): the cache gateway itself is down. Nothing below is updated until it is started again.
    * **PLANNED MAINTENANCE** (blue): announced by an operator in the file `maintenance` next to the cache.
    * grey: no data yet, or nothing is configured.

    *What to do:* open the page Cache, which shows the error of each source.
  |||),
  sql: g.with({ g: when('g'), s: when('s'), sources: spec.sources, remedy: spec.remedy }, |||
    WITH g AS (
      SELECT max(published_at) AS at, CAST(max(age_s) AS INTEGER) AS age, max(freshness) AS freshness,
             'PLANNED MAINTENANCE' || coalesce(' until ' || strftime('%Y-%m-%d %H:%M UTC', max(maintenance_until), 'unixepoch'), '') || ': ' || max(maintenance) || '. ' AS planned
      FROM gateway
    ), s AS (
      SELECT count(*) AS asked, coalesce(sum(freshness = 'fresh'), 0) AS fresh, coalesce(sum(freshness = 'never'), 0) AS never,
             min(last_success_at) AS at, CAST(max(age_s) AS INTEGER) AS age,
             coalesce(CASE WHEN count(old) <= 3 THEN group_concat(old, ', ') WHEN count(DISTINCT old_upstream) <= 3 THEN replace(group_concat(DISTINCT old_upstream), ',', ', ')
                  ELSE count(DISTINCT old_upstream) || ' services' END, '') AS names
      FROM (
        SELECT *, CASE WHEN freshness <> 'fresh' THEN source END AS old, CASE WHEN freshness <> 'fresh' THEN upstream END AS old_upstream
        FROM source_status
        WHERE @@sources@@ AND freshness NOT IN ('off', 'missing')
      )
    ), t AS (
      SELECT g.at AS g_at, g.freshness AS g_freshness, g.planned, s.*,
        @@g@@ AS g_words,
        @@s@@ AS words
      FROM g CROSS JOIN s
    )
    SELECT coalesce(planned, '') || CASE
      WHEN g_at IS NULL THEN 'NO DATA: the gateway has not written anything into this cache yet'
      WHEN g_freshness <> 'fresh' THEN 'GATEWAY DOWN: nothing below is current. Last written ' || g_words
      WHEN asked = 0 THEN 'NOT CONFIGURED: @@remedy@@'
      WHEN never = asked THEN 'NO DATA YET: the gateway is running, but has had no answer from ' || names
      WHEN asked = 1 AND fresh = 0 THEN 'STALE: ' || names || ' is out of date, as of ' || words
      WHEN fresh < asked THEN 'STALE: ' || (asked - fresh) || ' of ' || asked || ' sources not current (' || names || '), the oldest as of ' || words
      ELSE 'FRESH: as of ' || words || CASE asked WHEN 1 THEN '' ELSE ', all ' || asked || ' sources current' END
    END AS freshness
    FROM t
  |||),
  field: 'freshness',
  size: 16,
  colors: g.matching([['^PLANNED', g.blue], ['^FRESH', g.green], ['^STALE', g.yellow], ['^GATEWAY', g.red], ['^NO', g.grey]]),
  empty: 'Freshness unknown: do not treat anything below as current',
  more: g.defaults({ links: [{ title: 'Which source, and why: open the page Cache', url: '/d/cache?${__url_time_range}', targetBlank: false }] }),
});

local outages(which, title, text) = g.text(|||
  SELECT started_at AS time, until_at AS timeEnd, %s AS title, %s AS text, 'outage,' || upstream AS tags
  FROM outage_period
  WHERE %s AND started_at < $__to / 1000 AND until_at > $__from / 1000
  ORDER BY started_at
  LIMIT 200
||| % [title, text, which]);
local annotation(name, color, sql) = {
  name: name,
  enable: true,
  hide: true,  // no toggle: it would push the links to a second row
  iconColor: color,
  datasource: g.datasource,
  target: { refId: 'Anno' } + g.query(sql, ['time', 'timeEnd']),
};

// Which system: a data source for each. Hidden, for most have one; the image shows it where it is built with SHOW_SYSTEMS=true. The
// only variable with hide: 2, by which that finds it.
local system = {
  type: 'datasource',
  name: 'system',
  label: 'System',
  description: 'Which cache these pages show: one data source for each trading system',
  query: 'frser-sqlite-datasource',
  refresh: 1,
  hide: 2,
  allowCustomValue: false,
  current: { selected: true, text: 'cache', value: 'cache' },
  options: [],
};

// Links to other pages stay with the system that is shown.
local of_this_system(url) =
  if std.startsWith(url, '/d/') then
    local parts = std.splitLimit(url, '?', 1);
    parts[0] + '?var-system=${system:percentencode}' + (if std.length(parts) > 1 then '&' + parts[1] else '')
  else url;
local with_system(json) =
  if std.isObject(json) then { [key]: if key == 'url' && std.isString(json[key]) then of_this_system(json[key]) else with_system(json[key]) for key in std.objectFields(json) }
  else if std.isArray(json) then std.map(with_system, json)
  else json;

// A page is g.page({...}) + g.table({...}) + g.lines({...}) ..., its panels in this order.
fields
+ { [name]: g[name] for name in ['with', 'defaults', 'legendTable', 'fromJson', 'attributes', 'text'] }
+ { [kind](spec): { of_page+:: [g[kind](spec)] } for kind in ['tile', 'tiles', 'figures', 'table', 'lines', 'bars', 'history', 'outcome', 'timeline', 'words'] }
+ {
  // A variable: several values of a query's first column, or of a list, or a text to search for.
  local several(name, label, about, column) = {
    name: name,
    label: label,
    description: about,
    hide: 0,
    multi: true,
    includeAll: true,
    // Grafana writes \" for " into quoted values. NULL is chosen as (none).
    allValue: @"ifnull(replace(%s, '""', '\""'), '(none)')" % column,
    allowCustomValue: false,
    current: { selected: true, text: ['All'], value: ['$__all'] },
  },
  choiceOf(name, label, about, column, sql):: several(name, label, about, column) {
    type: 'query',
    datasource: g.datasource,
    query: g.query(sql).rawQueryText,
    definition: self.query,
    refresh: 2,
    sort: 0,
    // A value with a macro's name in it would be expanded by the plugin and break every query it is chosen for.
    regex: @'/^(?!.*\$__).*$/',
    options: [],
  },
  // Those that the views name.
  local named(name, label, column, views) = $.choiceOf(name, label, 'Show only these', column, std.join(
    ' UNION ', ["SELECT DISTINCT ifnull(%s, '(none)') AS %s FROM %s" % [column, name, view] for view in views]
  ) + ' ORDER BY 1'),
  strategies(views):: named('strategy', 'Strategy', 'strategy_id', views),
  assets(views):: named('asset', 'Asset', 'asset', views),
  // One of a query's values, at first the first of them.
  oneOf(name, label, about, sql):: std.prune($.choiceOf(name, label, about, '', sql) { multi: false, includeAll: false, allValue: null }) {
    current: { selected: false, text: '', value: '' },
    options: [],
  },
  // `values`: texts, or [SHOWN, VALUE].
  choice(name, label, about, column, values):: several(name, label, about, column) {
    local pair(value) = if std.isArray(value) then value else [value, value],
    type: 'custom',
    query: std.join(',', [if std.isArray(value) then value[0] + ' : ' + value[1] else value for value in values]),
    options: [{ selected: true, text: 'All', value: '$__all' }]
             + [{ selected: false, text: pair(value)[0], value: pair(value)[1] } for value in values],
  },
  search(name, label, about):: {
    type: 'textbox',
    name: name,
    label: label,
    description: about,
    query: '',
    hide: 0,
    current: { selected: true, text: '', value: '' },
    options: [{ selected: true, text: '', value: '' }],
  },

  // {uid, question, sources: SQL condition on source_status, remedy: words where it finds none, upstreams: SQL condition on outage, from,
  // variables}
  page(spec):: {
    of_page:: [],
    uid: spec.uid,
    title: [page.title for page in pages if page.uid == spec.uid][0],
    description: spec.question,
    tags: ['trading-system'],
    schemaVersion: 42,
    timezone: 'utc',
    graphTooltip: 1,
    time: { from: spec.from, to: 'now' },
    refresh: '30s',
    timepicker: { refresh_intervals: ['5s', '10s', '30s', '1m', '5m', '15m'] },
    links: with_system([
      {
        type: 'link',
        title: page.title,
        tooltip: page.tooltip,
        url: '/d/' + page.uid,
        icon: 'dashboard',
        keepTime: true,
        includeVars: false,
        targetBlank: false,
        asDropdown: false,
        tags: [],
      }
      for page in pages
    ]),
    annotations: {
      list: [
        {
          builtIn: 1,
          name: 'Annotations & Alerts',
          datasource: { type: 'grafana', uid: '-- Grafana --' },
          enable: false,
          hide: true,
          iconColor: 'rgba(0, 211, 255, 1)',
          type: 'dashboard',
        },
        annotation('Upstream outages', 'red', outages(
          // None that is too short to be seen.
          spec.upstreams + ' AND (ended_at IS NULL OR ended_at - started_at >= ($__to - $__from) / 1000 / 500)',
          "'Outage of ' || upstream",
          "'Outage of ' || upstream || CASE WHEN ended_at IS NULL THEN ', ongoing' ELSE '' END || coalesce(': ' || replace(replace(coalesce(error, error_class), '<', '‹'), '>', '›'), '')"
        )),
        annotation('Gateway down', '#808080', outages("upstream = 'gateway'", "'Gateway down'", "'The gateway was down: nothing was measured'")),
      ],
    },
    templating: { list: [system] + (if std.objectHas(spec, 'variables') then spec.variables else []) },
    // Ids are links' targets (viewPanel=): a page may give a panel a fixed one.
    panels: with_system([freshness({ remedy: 'no source of this page is configured or present' } + spec) { id: 1 }]
                        + std.mapWithIndex(function(index, panel) { id: index + 2 } + panel, self.of_page)),
  },
}
