// The success criteria that are seconds, beside the seconds measured. The first time a dashboard is opened the browser
// also loads Grafana's own program; "again" is what an operator sees who has it open every day.
const criteria = [
  ['SC-001', 'signals', 'again_ms', 3, 'the last 100 signals'],
  ['SC-002', 'orders', 'again_ms', 3, 'the last 100 orders'],
  ['SC-003', 'queues', 'again_ms', 5, 'which queues lag'],
  ['SC-004', 'system-health', 'again_ms', 2, 'overall health'],
  ['SC-005', 'exchange', 'again_ms', 2, 'the exchange connection'],
  ['SC-009', null, 'refresh_ms', 5, 'a refresh by hand, the slowest dashboard'],
  ['SC-010', 'events', 'again_ms', 3, 'the last 200 events'],
  ['SC-011', 'events', 'filter_ms', 2, 'after a filter change, the slowest filter'],
];

const seconds = (ms) => (ms === undefined ? '   -' : (ms / 1000).toFixed(1).padStart(4));

export function print_criteria(dashboards, times) {
  console.log('\nseconds from navigation to the last panel    first  again  refresh  slowest filter');
  for (const { uid } of dashboards) {
    const { first_ms, again_ms, refresh_ms, filter_ms } = times[uid] ?? {};
    console.log(`  ${uid.padEnd(42)} ${seconds(first_ms)}   ${seconds(again_ms)}     ${seconds(refresh_ms)}            ${seconds(filter_ms?.length ? Math.max(...filter_ms) : undefined)}`);
  }
  console.log('\ncriterion                                           asked  measured');
  for (const [id, uid, key, asked, what] of criteria) {
    const measured = (uid ? [times[uid]] : Object.values(times)).flatMap((one) => one?.[key] ?? []);
    const slowest = measured.length ? Math.max(...measured) : undefined;
    console.log(`  ${id} ${what.padEnd(42)} ${String(asked).padStart(3)}   ${seconds(slowest)}${slowest > asked * 1000 ? '  SLOWER' : ''}`);
  }
  for (const { uid, refresh } of dashboards) if (!/^(\d+s|1m)$/.test(refresh)) console.log(`  SC-009 ${uid} refreshes itself every ${refresh}: more than a minute`);
}
