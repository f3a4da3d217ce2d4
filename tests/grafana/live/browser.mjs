// Debian's chromium, headless, and what can be seen of a dashboard in it. Requests to anywhere but Grafana are refused
// and remembered.
import { chromium } from 'playwright-core';

const patience_ms = 180_000;
const quiet_ms = 500;
const row_px = 38, above_px = 320, width_px = 1600;

export async function open_browser(grafana) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const elsewhere = new Set();
  const new_context = async () => {
    const context = await browser.newContext({ viewport: { width: width_px, height: 1000 }, timezoneId: 'UTC', locale: 'en-GB' });
    await context.route('**/*', (route) => {
      const url = route.request().url();
      if (url.startsWith(`${grafana.url}/`) || url === grafana.url || /^(data|blob):/.test(url)) return route.continue();
      elsewhere.add(new URL(url).origin);
      return route.abort();
    });
    return context;
  };
  return { browser, new_context, elsewhere };
}

// As tall as the dashboard is: what lies outside the view neither renders nor asks.
export function viewport_of(dashboard) {
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return { width: width_px, height: bottom * row_px + above_px };
}

// Milliseconds from `begin` (Date.now) until the last query had ended and the last loading bar was gone.
export async function settled(page, dashboard, begin) {
  for (const panel of dashboard.panels) await page.waitForSelector(`[data-viz-panel-key="panel-${panel.id}"]`, { timeout: patience_ms, state: 'attached' });
  let busy_at = Date.now();
  while (Date.now() - busy_at < quiet_ms) {
    if (Date.now() - begin > patience_ms) throw new Error(`${dashboard.uid} is still loading after ${patience_ms / 1000} s`);
    const busy = await page.evaluate(() => (window.__grafanaRunningQueryCount ?? 0) + document.querySelectorAll('[aria-label="Panel loading bar"]').length);
    if (busy > 0) busy_at = Date.now();
    await page.waitForTimeout(50);
  }
  return busy_at - begin;
}

export async function open_dashboard(page, grafana, dashboard, parameters = '') {
  const begin = Date.now();
  await page.goto(`${grafana.url}/d/${dashboard.uid}?kiosk&refresh=${parameters}`, { waitUntil: 'commit', timeout: patience_ms });
  return settled(page, dashboard, begin);
}

// Error marks on panels, in them, and at variables; the words of an empty panel are no fault.
export async function visible_faults(page, dashboard) {
  const found = await page.evaluate(() => {
    const of_panel = (element) => element.closest('[data-viz-panel-key]')?.getAttribute('data-viz-panel-key') ?? 'page';
    const all = (selector) => [...document.querySelectorAll(selector)];
    return {
      marks: all('[data-testid="data-testid Panel status error"], [data-testid="data-testid Alert error"]').map((one) => `${of_panel(one)}: ${one.getAttribute('aria-label') ?? one.textContent}`),
      words: all('[data-testid="data-testid Panel data error message"]').map((one) => [of_panel(one), one.textContent.trim()]),
      variables: all('[data-testid="data-testid template variable"]').filter((one) => one.querySelector('[data-testid*="rror"], [name="exclamation-triangle"]')).map((one) => one.textContent.trim()),
    };
  });
  const faults = found.marks.map((mark) => `${dashboard.uid}: ${mark}`);
  for (const [key, words] of found.words) {
    const panel = dashboard.panels.find((one) => `panel-${one.id}` === key);
    const own = panel?.fieldConfig?.defaults?.noValue;
    if (words !== own) faults.push(`${dashboard.uid} / ${panel?.id} ${panel?.title}: "${words}" instead of its own words`);
  }
  for (const name of found.variables) faults.push(`${dashboard.uid} / variable ${name}: an error mark`);
  return faults;
}

// Down to the last panel, without the empty rest of the view.
export async function picture(page, path) {
  const bottom = await page.evaluate(() => Math.max(...[...document.querySelectorAll('[data-viz-panel-key]')].map((one) => one.getBoundingClientRect().bottom)));
  await page.screenshot({ path, clip: { x: 0, y: 0, width: width_px, height: Math.ceil(bottom) + 8 } });
}

export async function text_of_panel(page, id) {
  return page.locator(`[data-viz-panel-key="panel-${id}"]`).innerText();
}
