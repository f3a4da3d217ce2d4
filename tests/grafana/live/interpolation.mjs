// What the browser makes of a query before it sends it, as far as our dashboards need it: sqlstring, All, the time range.
const reference = /\$(\w+)|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

const quoted = (value) => `'${String(value).replaceAll("'", "''").replaceAll('"', '\\"')}'`;

// `values`: variable name -> { all: raw text } or { values: [..] }.
export function interpolated(text, values, range) {
  return text.replace(reference, (match, plain, braced, _field, format) => {
    const name = plain ?? braced;
    if (name === '__from') return String(range.from);
    if (name === '__to') return String(range.to);
    const value = values[name];
    if (value === undefined) return match;
    if (value.all !== undefined) return value.all;
    return format === 'sqlstring' ? value.values.map(quoted).join(',') : value.values.join(',');
  });
}

// As the dashboard opens.
export function opening_values(dashboard) {
  const values = {};
  for (const variable of dashboard.templating?.list ?? []) {
    if (variable.allValue) values[variable.name] = { all: variable.allValue };
    else values[variable.name] = { values: [].concat(variable.current?.value ?? '') };
  }
  return values;
}

const units = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

export function opening_range(dashboard, now = Date.now()) {
  const moment = (text) => {
    const found = /^now(?:-(\d+)([smhdw]))?$/.exec(text);
    if (!found) throw new Error(`no time: ${text}`);
    return now - Number(found[1] ?? 0) * (units[found[2]] ?? 0) * 1000;
  };
  return { from: moment(dashboard.time.from), to: moment(dashboard.time.to) };
}
