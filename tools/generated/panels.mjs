// How panels are written: a query is [PromQL, legend]; units are Grafana's.

export const RATE = '$__rate_interval';
const mustBeZero = [
  { color: 'green', value: null },
  { color: 'red', value: 1 },
];
export const mustBeOne = [
  { color: 'red', value: null },
  { color: 'green', value: 1 },
];

export const row = (title, ...panels) => ({ title, panels });
export const graph = (title, unit, ...queries) => ({ title, unit, queries });
export const stat = (title, unit, query, more = {}) => ({
  title,
  unit,
  type: 'stat',
  queries: [[query, '']],
  ...more,
});
export const alarm = (title, query) => stat(title, 'short', query, { steps: mustBeZero });

export const perSecond = (series, by) => `sum by (${by}) (rate(${series}[${RATE}]))`;
export const quantile = (share, histogram, selector = '', by = 'le') =>
  `histogram_quantile(${share}, sum by (${by}) (rate(${histogram}_bucket${selector}[${RATE}])))`;
/** The three quantiles of a histogram. */
export const quantiles = (title, histogram, selector = '') =>
  graph(
    title,
    's',
    ...[0.5, 0.95, 0.99].map((share) => [quantile(share, histogram, selector), `p${share * 100}`]),
  );
export const rates = (title, series, by) => graph(title, 'reqps', [perSecond(series, by), legendOf(by)]);
const legendOf = (by) =>
  by
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' ');
