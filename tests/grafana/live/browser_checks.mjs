// Each dashboard in a browser: no error mark anywhere, the first sentence there, and how many seconds it took.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { open_browser, open_dashboard, picture, settled, text_of_panel, viewport_of, visible_faults } from './browser.mjs';
import { check } from './checks.mjs';
import { print_criteria } from './criteria.mjs';
import { change_filter, press_refresh } from './gestures.mjs';

async function check_login(grafana, new_context) {
  await check('live: a wrong password is answered with a message and the login form stays', async () => {
    const context = await new_context();
    const page = await context.newPage();
    await page.goto(`${grafana.url}/d/signals`, { waitUntil: 'load', timeout: 120_000 });
    const faults = page.url().includes('/login') ? [] : [`not sent to the login page: ${page.url()}`];
    await page.locator('input[name="user"]').fill(grafana.user);
    await page.locator('input[name="password"]').fill(`not ${grafana.password}`);
    await page.locator('button[type="submit"]').click();
    const message = page.locator('[data-testid="data-testid Alert error"], [role="alert"]').filter({ hasText: /invalid username or password/i });
    await message.first().waitFor({ timeout: 30_000 });
    if ((await page.locator('input[name="password"]').count()) === 0) faults.push('the form is gone');
    await context.close();
    return faults;
  });
}

async function logged_in_page(grafana, new_context) {
  const context = await new_context();
  const answer = await context.request.post(`${grafana.url}/login`, { data: { user: grafana.user, password: grafana.password } });
  if (!answer.ok()) throw new Error(`POST /login: ${answer.status()}`);
  return context.newPage();
}

async function check_dashboard(grafana, page, dashboard, directory, times) {
  await check(`live: ${dashboard.uid} opens without a fault`, async () => {
    await page.setViewportSize(viewport_of(dashboard));
    const broken = [];
    const remember = (error) => broken.push(`${dashboard.uid}: ${error}`);
    page.on('pageerror', remember);
    const first_ms = await open_dashboard(page, grafana, dashboard);
    const again_ms = await open_dashboard(page, grafana, dashboard);
    times[dashboard.uid] = { first_ms, again_ms };
    const faults = await visible_faults(page, dashboard);
    const sentence = await text_of_panel(page, dashboard.panels[0].id);
    if (!/FRESH|STALE|GATEWAY DOWN|NO DATA|NOT CONFIGURED/.test(sentence)) faults.push(`${dashboard.uid}: the first panel says "${sentence}"`);
    await picture(page, join(directory, `${dashboard.uid}.png`));
    times[dashboard.uid].refresh_ms = await press_refresh(page, (begin) => settled(page, dashboard, begin));
    page.off('pageerror', remember);
    return faults.concat(broken);
  });
}

async function check_filters(grafana, page, dashboard, directory, times) {
  // The choice of the system is hidden where there is one.
  const shown = dashboard.templating.list.filter(({ hide }) => hide !== 2);
  if (shown.length === 0) return;
  await check(`live: ${dashboard.uid} filters without a fault`, async () => {
    times[dashboard.uid].filter_ms = [];
    const faults = [];
    for (const variable of shown) {
      await open_dashboard(page, grafana, dashboard);
      const ms = await change_filter(page, variable, (begin) => settled(page, dashboard, begin));
      if (ms === undefined) continue;
      times[dashboard.uid].filter_ms.push(ms);
      faults.push(...(await visible_faults(page, dashboard)));
      await picture(page, join(directory, `${dashboard.uid}-${variable.name}.png`));
    }
    return faults;
  });
}

export async function check_browser(grafana, dashboards, directory) {
  await mkdir(directory, { recursive: true });
  const { browser, new_context, elsewhere } = await open_browser(grafana);
  const times = {};
  try {
    await check_login(grafana, new_context);
    const page = await logged_in_page(grafana, new_context);
    for (const dashboard of dashboards) {
      await check_dashboard(grafana, page, dashboard, directory, times);
      await check_filters(grafana, page, dashboard, directory, times);
    }
    await check('live: the browser asked nobody but Grafana', async () => [...elsewhere].map((origin) => `asked ${origin}`));
  } finally {
    await browser.close();
  }
  print_criteria(dashboards, times);
}
