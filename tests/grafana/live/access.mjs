// Who has not logged in sees the login page and the health check, and nothing else.
import { check } from './checks.mjs';
import { source_uid } from './grafana.mjs';

const closed = [
  ['GET', '/'],
  ['GET', '/d/system-health'],
  ['GET', '/dashboards'],
  ['GET', '/explore'],
  ['GET', '/connections/datasources'],
  ['GET', '/admin/settings'],
  ['GET', '/api/search'],
  ['GET', '/api/dashboards/uid/system-health'],
  ['GET', '/api/dashboards/home'],
  ['GET', '/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/system-health/dto'],
  ['GET', '/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards'],
  ['GET', '/apis/folder.grafana.app/v1beta1/namespaces/default/folders'],
  ['GET', '/api/datasources'],
  ['GET', `/api/datasources/uid/${source_uid}`],
  ['GET', `/api/datasources/uid/${source_uid}/health`],
  ['GET', `/api/datasources/uid/${source_uid}/resources/x`],
  ['POST', '/api/ds/query', { queries: [{ refId: 'A', datasource: { uid: source_uid }, queryType: 'table', queryText: 'SELECT 1', timeColumns: [] }], from: '0', to: '1' }],
  ['GET', '/api/frontend/settings'],
  ['GET', '/api/org'],
  ['GET', '/api/orgs'],
  ['GET', '/api/user'],
  ['GET', '/api/users'],
  ['GET', '/api/admin/settings'],
  ['GET', '/api/admin/stats'],
  ['GET', '/api/annotations'],
  ['GET', '/api/plugins'],
  ['GET', '/api/folders'],
  ['GET', '/api/snapshots/x'],
  ['GET', '/api/snapshots-delete/x'],
  ['POST', '/api/snapshots', { dashboard: {}, name: 'x' }],
  ['GET', '/public-dashboards/0123456789abcdef0123456789abcdef'],
  ['GET', '/api/public/dashboards/0123456789abcdef0123456789abcdef'],
  ['GET', '/render/d/system-health'],
  ['GET', '/avatar/x'],
  ['GET', '/metrics'],
  ['GET', '/api/live/ws'],
  ['POST', '/api/user/signup', { email: 'somebody@example.org' }],
];

// Pages that Grafana serves to nobody in particular: its program without any data, which then asks somebody to log in.
const empty_pages = ['/login', '/signup', '/verify', '/dashboard/snapshot/x', '/user/password/send-reset-email', '/invite/x'];

// Refused, unknown, or sent to the login page.
const is_closed = (answer) => [400, 401, 403, 404, 405].includes(answer.status) || (answer.status >= 300 && answer.status < 400 && new URL(answer.location, 'http://x').pathname === '/login');

export async function check_access(grafana) {
  await check('live: without login only the login page and the health check answer', async () => {
    const faults = [];
    for (const [method, path, body] of closed) {
      const answer = await grafana.anonymously(method, path, body);
      if (!is_closed(answer)) faults.push(`${method} ${path}: ${answer.status} ${answer.location || answer.text.slice(0, 80).replaceAll('\n', ' ')}`);
    }
    for (const path of ['/login', '/api/health']) {
      const answer = await grafana.anonymously('GET', path);
      if (answer.status !== 200) faults.push(`GET ${path}: ${answer.status}`);
    }
    return faults;
  });

  // The login page's own script reads this before anybody has logged in.
  await check('live: pages without login hold no data and name no data source or dashboard', async () => {
    const faults = [];
    for (const path of [...empty_pages, '/bootdata']) {
      const { status, text } = await grafana.anonymously('GET', path);
      if (status !== 200) continue;
      if (!/"isSignedIn":\s*false/.test(text)) faults.push(`GET ${path}: somebody is logged in`);
      for (const word of ['frser-sqlite-datasource', 'system-health', 'cache.db', 'mode=ro']) {
        if (text.includes(word)) faults.push(`GET ${path} contains ${word}`);
      }
    }
    return faults;
  });

  await check('live: health says that Grafana has its database', async () => {
    const { json } = await grafana.anonymously('GET', '/api/health');
    return json?.database === 'ok' ? [] : [`GET /api/health: ${JSON.stringify(json)}`];
  });
}
