local g = import '../lib/page.libsonnet';

// The rows of a dataset that has an example, or how to set it up.
local rows(dataset, spec) = g.table({
  sql: "SELECT row AS _row FROM dataset_row WHERE dataset = '%s' LIMIT 1000" % dataset,
  empty: 'Nothing to show. Not set up? Copy %s.yaml from gateway/datasets/examples into DATASETS_DIR, grant its tables, restart the gateway' % dataset,
  more: g.defaults({ unit: 'string', custom+: { minWidth: 90 } }) + g.fromJson + {
    transformations+: [{ id: 'organize', options: { indexByName: { [spec.columns[n][0]]: n for n in std.range(0, std.length(spec.columns) - 1) } } }],
  },
} + spec);
local money = g.right { unit: 'locale', decimals: 2 };
local hidden = { hidden: true };
local over_time(dataset, spec) = g.history({
  which: "dataset = '%s'" % dataset,
  empty: 'No history to show in this time range. Not set up? See the table above',
} + spec);

g.page({
  uid: 'portfolio',
  question: 'What do we hold, how close is it to the limits, and how did the balances change? From the datasets positions, account_balances and portfolio.',
  sources: "source IN (SELECT source FROM dataset WHERE dataset IN ('positions', 'account_balances', 'portfolio'))",
  remedy: 'copy positions.yaml, account_balances.yaml, portfolio.yaml from gateway/datasets/examples into DATASETS_DIR, restart the gateway',
  upstreams: "upstream IN ('postgres', 'position-manager')",
  from: 'now-6h',
})
+ rows('portfolio', {
  title: 'All positions',
  at: [0, 3, 24, 4],
  help: |||
    Total exposure, PnL and value, as reported by position-manager. @tinted@ @always@
    > *n/a*: position-manager does not report this figure now. An empty table: the dataset `portfolio` is not set up.
  |||,
  columns: [
    ['total_exposure_usdt', 'Exposure (USDT)', money],
    ['net_exposure_usdt', 'Net exposure (USDT)', money],
    ['total_unrealized_pnl_usdt', 'Unrealised PnL (USDT)', g.money + money],
    ['total_realized_pnl_usdt', 'Realised PnL (USDT)', g.money + money],
    ['portfolio_value_usdt', 'Value (USDT)', money],
    ['open_positions_count', 'Open positions', {}],
  ],
})
+ rows('positions', {
  title: 'Positions and limits',
  at: [0, 7, 24, 10],
  help: |||
    Each position and how much of its limit it uses, closest to the limit first. The limits are set in `positions.yaml`; *n/a*: the asset has none. **Within limit** is *unknown* unless the data is current. @tinted@ @always@
    > exceeded: reduce the position, or raise the limit in the file and restart the gateway.
  |||,
  columns: [
    ['asset', 'Asset', {}],
    ['limit_used', 'Limit used', g.percent + g.coloured + { width: 76, steps: g.steps([g.plain, [0.8, g.yellow], [1.0000001, g.red]]) }],
    ['limit_state', 'Within limit', g.left + g.filled + { colors: g.values([['within', g.green, 'yes'], ['exceeded', g.red], ['unknown', g.grey]]) }],
    ['direction', 'Direction', g.left + g.coloured + { colors: g.values([['long', g.blue, '▲ long'], ['short', g.purple, '▼ short']]) }],
    ['size', 'Size', { width: 124 }],
    ['size_limit', 'Limit', {}],
    ['unrealized_pnl', 'Unrealised PnL', g.money + money],
    ['realized_pnl', 'Realised PnL', g.money + money],
    ['average_entry_price', 'Entry price', { width: 124 }],
    ['current_price', 'Price', { width: 124 }],
    ['last_updated', 'Changed (UTC)', g.wide(158)],
    ['mode', 'Mode', { width: 76 }],
    ['last_known_direction', null, hidden],
    ['last_known_limit_state', null, hidden],
  ],
})
+ over_time('positions', {
  title: 'Limit usage',
  measure: "measure = 'limit_used'",
  at: [0, 17, 12, 9],
  help: |||
    The share of its limit that each position uses. The 20 largest. @history@
    > if a line climbs towards 100 %, see the position above.
  |||,
  more: g.defaults({ unit: 'percentunit', min: 0 }),
})
+ over_time('positions', {
  title: 'Unrealised PnL of each position',
  measure: "measure = 'unrealized_pnl'",
  at: [12, 17, 12, 9],
  help: |||
    The unrealised PnL of each position, in the quote currency. The 20 largest amounts. @history@
    > if a line keeps falling, compare it with the signals of the asset.
  |||,
})
+ rows('account_balances', {
  title: 'Balances',
  at: [0, 26, 24, 8],
  help: |||
    The latest balance of each coin reported by the exchange, and the available part of it. @tinted@ @always@
    > if **Received** is old while orders are executed, see the page Exchange connection.
  |||,
  columns: [
    ['coin', 'Coin', {}],
    ['wallet_balance', 'Balance', {}],
    ['available_balance', 'Available', {}],
    ['frozen', 'Frozen', {}],
    ['usd_value', 'Value (USD)', money],
    ['received_at', 'Received (UTC)', g.wide(158)],
  ],
})
+ over_time('account_balances', {
  title: 'Balance of each coin',
  measure: "measure = 'wallet_balance'",
  at: [0, 34, 12, 9],
  help: |||
    The balance of each coin, in that coin. The 20 largest. @history@
    > click a coin in the legend to show it alone; the axis rescales.
  |||,
})
+ over_time('portfolio', {
  title: 'Exposure and value',
  measure: "measure IN ('total_exposure_usdt', 'portfolio_value_usdt')",
  at: [12, 34, 12, 9],
  help: |||
    The total exposure and the value of the portfolio, in USDT. @history@
    > exposure that grows faster than the value means growing risk.
  |||,
  columns: [['total_exposure_usdt', 'Exposure', {}], ['portfolio_value_usdt', 'Value', {}]],
})
