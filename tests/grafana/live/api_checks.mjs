// What is provisioned, and every query of it through Grafana's own API. Of annotations only this can tell that one fails.
import { check } from './checks.mjs';
import { source_type, source_uid } from './grafana.mjs';
import { interpolated, opening_range, opening_values } from './interpolation.mjs';

const expected = ['system-health', 'signals', 'orders', 'pnl', 'portfolio', 'model', 'queues', 'exchange', 'datasets', 'events', 'cache'];

function sent(target, sql) {
  return { ...target, refId: 'A', datasource: { type: source_type, uid: source_uid }, queryText: sql };
}

// As the dashboard opens: of a choice of one Grafana takes the first that there is.
async function values_of(grafana, dashboard, range) {
  const values = opening_values(dashboard);
  for (const { name, query, allValue } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
    if (allValue) continue;
    const { json } = await grafana.query([sent({ queryType: 'table', timeColumns: [] }, interpolated(query, values, range))], range);
    const first = json?.results?.A?.frames?.[0]?.data?.values?.[0]?.[0];
    if (first !== undefined) values[name] = { values: [first] };
  }
  return values;
}

// What is wrong with the answer to one target.
async function faults_of(grafana, where, target, sql, range) {
  const { status, json, text } = await grafana.query([sent(target, sql)], range);
  const result = json?.results?.A;
  if (status !== 200 || !result || result.error) return [`${where}: ${status} ${result?.error ?? text.slice(0, 200)}`];
  const frame = result.frames?.[0];
  if (!frame?.schema?.fields?.length) return [`${where}: no columns`];
  return [];
}

async function panel_faults(grafana, dashboard, panel) {
  const range = opening_range(dashboard);
  const values = await values_of(grafana, dashboard, range);
  const faults = [];
  for (const target of panel.targets ?? []) {
    faults.push(...(await faults_of(grafana, `${dashboard.uid} / ${panel.id} ${panel.title}`, target, interpolated(target.rawQueryText, values, range), range)));
  }
  return faults;
}

export async function check_api(grafana) {
  await check('live: the data source is provisioned, opens the cache read-only and answers', async () => {
    const faults = [];
    const { json } = await grafana.logged_in('GET', `/api/datasources/uid/${source_uid}`);
    if (json?.type !== source_type) faults.push(`type ${json?.type}`);
    if (json?.readOnly !== true) faults.push('it can be edited in the browser');
    if (json?.jsonData?.pathPrefix !== 'file:') faults.push(`pathPrefix ${json?.jsonData?.pathPrefix}`);
    for (const option of ['mode=ro', 'immutable=1']) if (!json?.jsonData?.pathOptions?.includes(option)) faults.push(`pathOptions lack ${option}`);
    const health = await grafana.logged_in('GET', `/api/datasources/uid/${source_uid}/health`);
    if (health.json?.status !== 'OK') faults.push(`health: ${health.status} ${health.text.slice(0, 200)}`);
    return faults;
  });

  const found = await grafana.dashboards();
  await check('live: every dashboard is provisioned and cannot be changed in the browser', async () => {
    const faults = expected.filter((uid) => !found.some((one) => one.dashboard.uid === uid)).map((uid) => `${uid} is missing`);
    for (const { dashboard, meta } of found) if (!meta.provisioned) faults.push(`${dashboard.uid} is not provisioned`);
    return faults;
  });
  const dashboards = expected.map((uid) => found.find((one) => one.dashboard.uid === uid)?.dashboard).filter(Boolean);

  await check('live: every panel is answered', async () => {
    const faults = [];
    for (const dashboard of dashboards) for (const panel of dashboard.panels) faults.push(...(await panel_faults(grafana, dashboard, panel)));
    return faults;
  });

  await check('live: every variable is answered', async () => {
    const faults = [];
    for (const dashboard of dashboards) {
      for (const variable of dashboard.templating.list.filter((one) => one.type === 'query')) {
        const range = opening_range(dashboard);
        const sql = interpolated(variable.query, await values_of(grafana, dashboard, range), range);
        faults.push(...(await faults_of(grafana, `${dashboard.uid} / variable ${variable.name}`, { queryType: 'table', timeColumns: [] }, sql, range)));
      }
    }
    return faults;
  });

  await check('live: every annotation is answered', async () => {
    const faults = [];
    for (const dashboard of dashboards) {
      for (const { name, target } of dashboard.annotations.list.filter((one) => !one.builtIn)) {
        const range = opening_range(dashboard);
        faults.push(...(await faults_of(grafana, `${dashboard.uid} / annotation ${name}`, target, interpolated(target.rawQueryText, await values_of(grafana, dashboard, range), range), range)));
      }
    }
    return faults;
  });

  await check('live: the home page is System health', async () => {
    const { json } = await grafana.logged_in('GET', '/api/dashboards/home');
    return json?.redirectUri?.startsWith('/d/system-health') ? [] : [`redirectUri ${json?.redirectUri}`];
  });
  return dashboards;
}
