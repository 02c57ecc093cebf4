// Grafana dashboards from lists of panels: what is shown stands in dashboard-panels.mjs and service-panels.mjs, how it looks here.
import { serviceNames } from '../../libs/contracts/dist/index.js';
import { everyService, overview } from './dashboard-panels.mjs';
import { ownPanels } from './service-panels.mjs';

/** Of Grafana 12; later ones migrate it when they load it. */
const SCHEMA_VERSION = 41;
const COLUMNS = 24;
const ROW_HEIGHT = 1;
const sizes = { stat: { w: 4, h: 4 }, timeseries: { w: 8, h: 8 } };

const datasource = { type: 'prometheus', uid: '${datasource}' };

/** The one variable: which Prometheus is asked. */
const variables = {
  list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }],
};

function look({ type, unit, max, steps }) {
  const thresholds = { mode: 'absolute', steps: steps ?? [{ color: 'green', value: null }] };
  const range = { min: 0, ...(max === undefined ? {} : { max }) };
  const custom =
    type === 'timeseries' ? { custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never' } } : {};
  return { defaults: { unit, ...range, thresholds, ...custom }, overrides: [] };
}

const looks = {
  stat: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' },
  timeseries: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
};

function drawn(panel, place) {
  const { title, description, type = 'timeseries', queries } = panel;
  return {
    title,
    ...(description === undefined ? {} : { description }),
    ...{ type, datasource, gridPos: place },
    fieldConfig: look({ ...panel, type }),
    options: looks[type],
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      ...{ datasource, expr, legendFormat },
    })),
  };
}

/** Panels from left to right; a row's title begins a new line. */
function laidOut(rows) {
  const panels = [];
  let y = 0;
  for (const { title, panels: content } of rows) {
    panels.push({
      title,
      type: 'row',
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: ROW_HEIGHT },
      panels: [],
    });
    y += ROW_HEIGHT;
    let x = 0;
    let height = 0;
    for (const panel of content) {
      const { w, h } = sizes[panel.type ?? 'timeseries'];
      if (x + w > COLUMNS) {
        y += height;
        x = height = 0;
      }
      panels.push(drawn(panel, { x, y, w, h }));
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels;
}

function dashboard(name, title, rows) {
  return {
    uid: `touchstone-${name}`,
    title: `Touchstone / ${title}`,
    tags: ['touchstone'],
    ...{ schemaVersion: SCHEMA_VERSION, version: 1, editable: false, graphTooltip: 1 },
    time: { from: 'now-6h', to: 'now' },
    refresh: '30s',
    templating: variables,
    links: [{ title: 'Touchstone', type: 'dashboards', tags: ['touchstone'], asDropdown: true }],
    panels: laidOut(rows),
  };
}

/** Dashboards by the name of their file. */
export function dashboards() {
  const all = [
    dashboard('overview', 'overview', overview()),
    ...serviceNames.map((name) => dashboard(name, name, [...ownPanels(name), ...everyService(name)])),
  ];
  return new Map(
    all.map((one) => [`${one.uid.replace('touchstone-', '')}.json`, `${JSON.stringify(one, null, 2)}\n`]),
  );
}
