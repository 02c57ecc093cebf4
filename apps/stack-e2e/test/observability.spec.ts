import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { seriesOf } from './observability/promql.js';
import { bucketBounds, exportedSeries } from './observability/registered-metrics.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const chart = 'k8s/charts/touchstone';
const RUNBOOKS = 'https://touchstone.dev/docs/runbooks/';
/** Series of Prometheus itself. */
const OF_PROMETHEUS = new Map([
  ['up', new Set(['job', 'instance', 'service'])],
  ['ALERTS', new Set(['alertname', 'alertstate'])],
]);

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Dashboard {
  readonly uid: string;
  readonly id?: number;
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly datasource?: { readonly uid: string };
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const filesOf = (folder: string) => readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`);

const rules = filesOf(`${chart}/files/rules`).flatMap((path) => {
  const { groups } = parse(read(path)) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
});
const alerts = rules.filter(({ alert }) => alert !== undefined);
const dashboards = filesOf(`${chart}/files/dashboards`).map((path) => JSON.parse(read(path)) as Dashboard);

/** Everything that an expression may read: what services export, what rules record, what Prometheus has. */
const known = new Map([
  ...exportedSeries(),
  ...OF_PROMETHEUS,
  ...rules.flatMap(({ record, labels = {} }) =>
    record === undefined ? [] : [[record, new Set([...Object.keys(labels), 'service'])] as const],
  ),
]);

/** What an expression names and nobody exports. */
const unknownIn = (expression: string): string[] =>
  seriesOf(expression).flatMap(({ name, labels }) => {
    const has = known.get(name);
    if (has === undefined) return [name];
    return labels.filter((label) => !has.has(label)).map((label) => `${name}{${label}}`);
  });

describe('what an expression reads', () => {
  it.each([
    ['sum by (le, service) (rate(a_bucket{x="y{z}",w=~"v"}[5m])) > 0.1', ['a_bucket x,w']],
    ['a unless a offset 1h', ['a ', 'a ']],
    ['max(a) > 0 and on (network) b{c!="d"} == bool 1 or vector(0)', ['b c', 'a ']],
    ['avg_over_time(a:b:c{slo="x"}[30d]) / (1 - 0.999)', ['a:b:c slo']],
  ])('%s', (expression, expected) => {
    expect(seriesOf(expression).map(({ name, labels }) => `${name} ${labels.join(',')}`)).toEqual(expected);
  });

  it('is missed when nobody exports it', () => {
    expect(unknownIn('rate(touchstone_nothing_total[5m])')).toEqual(['touchstone_nothing_total']);
    expect(unknownIn('touchstone_ready{colour="red"}')).toEqual(['touchstone_ready{colour}']);
    expect(unknownIn('touchstone_ready{service="signer"}')).toEqual([]);
  });
});

describe('rules', () => {
  it('read what there is', () => {
    expect(rules.length).toBeGreaterThan(50);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });

  it.each(
    alerts.map(
      (rule) =>
        [`${rule.alert} (${rule.labels?.['severity']}, ${rule.labels?.['window'] ?? '–'})`, rule] as const,
    ),
  )('%s says what to do', (_name, { labels, annotations = {} }) => {
    expect(['critical', 'warning', 'info']).toContain(labels?.['severity']);
    expect(annotations['summary']).toMatch(/\S.*\.$/s);
    expect(annotations['description']?.length).toBeGreaterThan(60);
    const url = annotations['runbook_url'] ?? '';
    expect(url.startsWith(RUNBOOKS)).toBe(true);
    expect(existsSync(`${root}docs/runbooks/${url.slice(RUNBOOKS.length)}`)).toBe(true);
  });

  it('ask for buckets that there are', () => {
    const bounds = bucketBounds();
    const asked = rules.flatMap(({ expr }) => [...expr.matchAll(/(\w+)_bucket\{le="([^"]+)"\}/g)]);
    expect(asked.length).toBeGreaterThan(0);
    for (const [, name = '', bound] of asked) expect(bounds.get(name)).toContain(Number(bound));
  });

  it('have names of their own', () => {
    const names = alerts.map(({ alert, labels }) => `${alert} ${labels?.['window'] ?? ''}`);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe('dashboards', () => {
  it.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
    '%s shows what there is (R-OPS-3)',
    (_uid, dashboard) => {
      const panels = dashboard.panels.filter(({ type }) => type !== 'row');
      expect(panels.length).toBeGreaterThan(5);
      expect(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => unknownIn(expr)))).toEqual(
        [],
      );
      for (const { datasource, fieldConfig, targets } of panels) {
        expect(datasource?.uid).toBe('${datasource}');
        expect(fieldConfig?.defaults.unit).toMatch(/\S/);
        expect(targets?.length).toBeGreaterThan(0);
      }
      expect(dashboard.id).toBeUndefined();
    },
  );
});

describe('documentation', () => {
  it.each(['docs/observability.md', 'docs/slo.md', ...filesOf('docs/runbooks')])(
    '%s names figures that exist',
    (path) => {
      const histograms = [...known.keys()]
        .filter((name) => name.endsWith('_bucket'))
        .map((name) => name.slice(0, -7));
      const names = read(path).match(/\btouchstone_[a-z0-9_]*[a-z0-9](?![a-z0-9_]*[_*])\b/g) ?? [];
      expect(names.filter((name) => !known.has(name) && !histograms.includes(name))).toEqual([]);
    },
  );

  it('states the expression of every objective as it is recorded (R-OPS-4)', () => {
    const page = read('docs/slo.md');
    const recorded = rules.filter(({ record }) => record === 'touchstone:slo_errors:ratio_rate5m');
    expect(recorded.length).toBe(3);
    for (const { expr } of recorded) expect(page).toContain(expr);
  });
});
