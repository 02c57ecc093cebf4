// What the chart knows of the services, from their contracts and configuration: a new service or key appears by itself.
import { durables, services } from '../../libs/contracts/dist/index.js';
import { natsUsersFile } from '../../libs/embedded/dist/index.js';
import { describeConfig } from '../../libs/platform/dist/entries/config.js';
import { chartReadme } from './chart-readme.mjs';
import { valuesSchema } from './chart-values.mjs';
import { dashboards } from './dashboards.mjs';
import { sloRules } from './slo-rules.mjs';

export const CHART = 'k8s/charts/touchstone';
/** Everything in it is generated. */
export const DASHBOARDS = 'files/dashboards';

/** Set by the chart or stated by the image; values have no say. */
const SET_BY_THE_CHART = new Set([
  'TOUCHSTONE_BIND_HOST',
  'TOUCHSTONE_HTTP_PORT',
  'TOUCHSTONE_GRPC_PORT',
  'TOUCHSTONE_HEALTH_PORT',
  'TOUCHSTONE_BUILD_HASH',
  'TOUCHSTONE_NODE_ID',
  'NATS_URL',
]);

const text = (value) => `${JSON.stringify(value, null, 2)}\n`;

function contractOf({ definition }) {
  const { http, grpc, health, schema } = services[definition.name];
  const keys = describeConfig(definition.configSchema).map(({ name, required, secret, doc }) => ({
    ...{ name, required, secret, doc },
    ...(SET_BY_THE_CHART.has(name) ? { chart: true } : {}),
  }));
  const own = durables.filter((durable) => durable.service === definition.name);
  return { http, grpc, health, schema, durables: own.map(({ stream, name }) => ({ stream, name })), keys };
}

/** The users of the mesh, one after another, without the list around them. */
const users = (nodes) =>
  natsUsersFile(nodes)
    .replace(/^"users": \[\n/, '')
    .replace(/\n\]\n$/, '\n');

/** What an installation has to know of each service: ports, schema, durables, configuration keys. */
export const contractsOf = (serviceDefinitions) =>
  Object.fromEntries(serviceDefinitions.map((service) => [service.definition.name, contractOf(service)]));

/** Files of the chart by path. */
export function chartFiles(root, contracts) {
  const all = users([]);
  // What a node adds to the users of none; its name and that of its variable are put in by the chart.
  const node = users(['NODE'])
    .split(/(?<=^\}),?\n/m)
    .find((block) => block.includes('"inference-gateway.NODE"'));
  return new Map([
    [`${CHART}/files/services.json`, text(contracts)],
    [`${CHART}/files/mesh-users.conf`, all],
    [
      `${CHART}/files/mesh-user-of-a-node.conf`,
      `${node.trimEnd().replace(/,$/, '').replace('$TOUCHSTONE_NATS_PASSWORD_INFERENCE_GATEWAY_NODE', '$TOUCHSTONE_NATS_PASSWORD_INFERENCE_GATEWAY_NODE_VARIABLE')}\n`,
    ],
    [`${CHART}/values.schema.json`, text(valuesSchema(contracts))],
    [`${CHART}/README.md`, chartReadme(`${root}${CHART}`, Object.keys(contracts))],
    [`${CHART}/files/rules/slo.yaml`, sloRules()],
    ...[...dashboards()].map(([name, json]) => [`${CHART}/${DASHBOARDS}/${name}`, json]),
  ]);
}
