// A running Grafana, over HTTP. With and without login; nothing is ever written to it.
export const source_uid = 'cache';
export const source_type = 'frser-sqlite-datasource';

export class Grafana {
  constructor(url, user, password) {
    this.url = url;
    this.user = user;
    this.password = password;
  }

  // Never follows a redirect: where it leads is what one wants to know.
  async anonymously(method, path, body) {
    return this.#send(method, path, {}, body);
  }

  async logged_in(method, path, body) {
    const credentials = Buffer.from(`${this.user}:${this.password}`).toString('base64');
    return this.#send(method, path, { authorization: `Basic ${credentials}` }, body);
  }

  async #send(method, path, headers, body) {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: response.status, location: response.headers.get('location') ?? '', text, json };
  }

  // /api/health is well before the dashboards are there.
  async wait_until_provisioned() {
    const until = Date.now() + 120_000;
    let last = 'no answer';
    while (Date.now() < until) {
      try {
        const found = await this.logged_in('GET', '/api/search?type=dash-db&limit=100');
        if (found.status === 401) throw Object.assign(new Error('GRAFANA_USER and GRAFANA_PASSWORD are refused'), { final: true });
        if (found.status === 200 && found.json.length > 0) return;
        last = `GET /api/search: ${found.status}, ${found.json?.length ?? 0} dashboards`;
      } catch (error) {
        if (error.final) throw error;
        last = `${error.message} ${error.cause?.code ?? ''}`;
      }
      await new Promise((done) => setTimeout(done, 1000));
    }
    throw new Error(`${this.url}: ${last}`);
  }

  async dashboards() {
    const found = await this.logged_in('GET', '/api/search?type=dash-db&limit=100');
    const all = [];
    for (const { uid } of found.json) all.push((await this.logged_in('GET', `/api/dashboards/uid/${uid}`)).json);
    return all;
  }

  async query(targets, range) {
    return this.logged_in('POST', '/api/ds/query', { queries: targets, from: String(range.from), to: String(range.to) });
  }
}
