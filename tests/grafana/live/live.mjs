// node live.mjs GRAFANA_URL: checks any running Grafana that has our dashboards, over its API and in a browser.
// GRAFANA_USER and GRAFANA_PASSWORD (admin, admin) log in; CHROMIUM names the browser; screenshots go to SCREENSHOTS
// (build/screenshots below the working directory). Exit 1 if a check failed, 2 if it cannot begin.
// Times are printed beside what was asked for; no check fails because a machine is slow.
import { check_access } from './access.mjs';
import { check_api } from './api_checks.mjs';
import { check_browser } from './browser_checks.mjs';
import { Grafana } from './grafana.mjs';
import { summary } from './checks.mjs';

const url = (process.argv[2] ?? process.env.GRAFANA_URL ?? '').replace(/\/+$/, '');
if (!/^https?:\/\/[^/]+/.test(url)) {
  console.error('usage: node live.mjs GRAFANA_URL   (http://127.0.0.1:4700)');
  process.exit(2);
}
const grafana = new Grafana(url, process.env.GRAFANA_USER ?? 'admin', process.env.GRAFANA_PASSWORD ?? 'admin');

try {
  await grafana.wait_until_provisioned();
} catch (error) {
  console.error(`cannot begin: ${error.message}`);
  process.exit(2);
}
await check_access(grafana);
const dashboards = await check_api(grafana);
await check_browser(grafana, dashboards, process.env.SCREENSHOTS ?? 'build/screenshots');
process.exit(summary() ? 0 : 1);
