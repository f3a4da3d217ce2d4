// Columns of tables, figures of tiles, colours. A column is [FIELD, TITLE, FORMAT]; formats add up: g.time + g.dash + {width: 158}.
{
  // Status colours. Nothing else may use green, yellow and red.
  green:: 'semi-dark-green',
  yellow:: 'semi-dark-yellow',
  red:: 'semi-dark-red',
  grey:: '#808080',
  // Colours without a verdict.
  blue:: 'semi-dark-blue',
  purple:: 'semi-dark-purple',
  orange:: 'semi-dark-orange',
  plain:: 'text',
  none:: 'transparent',

  local result(row, index) = std.prune({
    color: row[1],
    index: index,
    text: if std.length(row) > 2 then row[2],
  }),
  // [[REGEX, COLOUR, SHOWN TEXT], ...], the first that fits. `unknown, last known: ...` has the colour of unknown.
  matching(rows):: std.mapWithIndex(
    function(index, row) { type: 'regex', options: { pattern: '/' + row[0] + '/', result: result(row, index) } }, rows
  ),
  // [[VALUE, COLOUR, SHOWN TEXT], ...]
  values(rows):: [{ type: 'value', options: { [rows[index][0]]: result(rows[index], index) for index in std.range(0, std.length(rows) - 1) } }],
  // [COLOUR BELOW, [FROM, COLOUR], ...]. The first also colours NULL, and so is never a verdict.
  steps(list):: {
    mode: 'absolute',
    steps: [{ color: list[0], value: null }] + [{ color: step[1], value: step[0] } for step in list[1:]],
  },

  // --- Formats ---------------------------------------------------------------------------------------------------------
  left:: { align: 'left' },
  right:: { align: 'right' },
  time:: $.left + $.dash { unit: 'time:YYYY-MM-DD HH:mm:ss', width: 158 },
  dayTime:: $.left { unit: 'time:MM-DD HH:mm:ss', width: 110 },
  duration:: $.right + $.dash { unit: 'dtdurations', decimals: 0, width: 94 },
  count:: $.right { unit: 'locale' },
  percent:: $.right { unit: 'percentunit', decimals: 1 },
  money:: $.right + $.coloured + { steps: $.steps([$.plain, [-1e15, $.red], [0, $.plain]]) },
  wrapped:: { wrap: true },
  dash:: { none: '–' },
  wide(width):: $.left { width: width },
  from(width):: $.left { minWidth: width },
  prose(width):: $.left + $.wrapped + $.dash + { minWidth: width },
  verdict(width, colors):: $.left + $.filled + { width: width, colors: colors },
  word(width, colors):: $.left + $.coloured + { width: width, colors: colors },
  filled:: { cell: { type: 'color-background', mode: 'basic' }, steps: $.steps([$.none]) },
  coloured:: { cell: { type: 'color-text' } },

  // --- What several pages show alike ------------------------------------------------------------------------------------
  healthWords:: $.matching([['^healthy', $.green], ['^degraded', $.yellow], ['^unhealthy', $.red], ['^unknown', $.grey]]),
  connectionWords:: $.matching([['^connected', $.green], ['^disconnected', $.red], ['^connecting', $.yellow], ['^reconnecting', $.yellow], ['^unknown', $.grey]]),
  // The kinds of events.
  eventWords:: $.matching([
    ['^(trading_)', $.blue],
    ['^(order_)', $.purple],
    ['^(model_)', $.orange],
    ['^(subscription_)', 'super-light-blue'],
    ['^(websocket_)', '#2aa198'],
    ['^(service_|upstream_|gateway_)', '#d6649b'],
  ]),
  // How current a source's data is.
  dataWords:: $.values([
    ['fresh', $.green],
    ['stale', $.yellow],
    ['never', $.grey, 'no data yet'],
    ['off', $.grey, 'not configured'],
    ['missing', $.grey, 'missing'],
  ]),
  lagWords:: $.matching([['^ok', $.green], ['^lagging', $.red], ['^unknown', $.grey]]),
  signalId(format):: ['signal_id', 'Signal id', $.left + format + {
    link: [
      'This signal and its outcome',
      '/d/signals?var-signal=${__value.raw:percentencode}&var-strategy=All&var-asset=All&var-side=All&${__url_time_range}',
    ],
  }],
  orderId(format):: ['order_id', 'Order id', $.left + format + {
    link: [
      'This order',
      '/d/orders?var-order=${__value.raw:percentencode}&var-signal=&var-closure=All&var-strategy=All&var-asset=All&${__url_time_range}',
    ],
  }],
  toAttempts:: { link: ['Attempts of this source', '/d/cache?var-source=${__value.raw:percentencode}&${__url_time_range}'] },
  at:: ['time', 'Time (UTC)', $.time],
  age:: ['age_s', 'Age', $.duration],
  strategy:: ['strategy_id', 'Strategy', $.left { width: 108 }],
  asset:: ['asset', 'Asset', $.left { width: 84 }],
  side:: ['side', 'Side', $.left + $.coloured + { width: 62, colors: $.values([['buy', $.blue, '▲ buy'], ['sell', $.purple, '▼ sell']]) }],
  pnl:: ['realized_pnl', 'PnL', $.right + $.coloured + { width: 58, steps: $.steps([$.plain, [-1e15, $.red], [0, $.plain], [1e-09, $.green]]) }],

  local property(id, format, key) = if std.objectHas(format, key) then [{ id: id, value: format[key] }] else [],
  local override(column) =
    local format = column[2];
    {
      matcher: { id: 'byName', options: column[0] },
      properties:
        (if column[1] != null then [{ id: 'displayName', value: column[1] }] else [])
        + property('custom.width', format, 'width')
        + property('custom.minWidth', format, 'minWidth')
        + property('custom.align', format, 'align')
        + property('custom.wrapText', format, 'wrap')
        + property('unit', format, 'unit')
        + property('decimals', format, 'decimals')
        + property('noValue', format, 'none')
        + property('mappings', format, 'colors')
        + property('custom.cellOptions', format, 'cell')
        + property('custom.hideFrom.viz', format, 'hidden')
        + property('thresholds', format, 'steps')
        + (if std.objectHas(format, 'link') then [{ id: 'links', value: [{ title: format.link[0], url: format.link[1], targetBlank: false }] }] else [])
        + (if std.objectHas(format, 'fixed') then [{ id: 'color', value: { mode: 'fixed', fixedColor: format.fixed } }] else []),
    },
  overrides(columns):: [if std.isArray(column) then override(column) else column for column in columns],

  // A cell without a value says so; a column may have words of its own.
  notAvailable:: { matcher: { id: 'byRegexp', options: '/.*/' }, properties: [{ id: 'noValue', value: 'n/a' }] },
  // The hidden column `freshness` tints rows whose source is out of date.
  tint:: {
    local yellow = 'rgba(224, 180, 0, 0.22)',
    matcher: { id: 'byName', options: 'freshness' },
    properties: [
      { id: 'custom.hideFrom.viz', value: true },
      { id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic', applyToRow: true } },
      { id: 'mappings', value: $.values([['fresh', $.none], ['stale', yellow], ['never', yellow]]) },
      { id: 'thresholds', value: $.steps([$.none]) },
    ],
  },
}
