// The schema of the chart's values (JSON Schema draft 7, which Helm checks): what it does not know is refused.
const object = (properties, rest = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...rest,
});
const string = { type: 'string' };
const boolean = { type: 'boolean' };
/** A switch of its own, or the recommendation. */
const recommended = { type: ['boolean', 'null'] };
const count = { type: 'integer', minimum: 0 };
const replicas = { type: 'integer', minimum: 1, maximum: 1_000 };
/** Checked by the API server, which knows them better. */
const anyObject = { type: 'object' };
const anyList = { type: 'array' };
const texts = { type: 'array', items: string };
const textMap = { type: 'object', additionalProperties: string };
const labels = textMap;

const resources = object({ requests: textOrNumbers(), limits: textOrNumbers(), claims: anyList });

function textOrNumbers() {
  return { type: 'object', additionalProperties: { type: ['string', 'number'] } };
}

/** The names of the services without another. */
const byService = (names, value) => object(Object.fromEntries(names.map((name) => [name, value])));

const configValue = { type: ['string', 'number', 'boolean', 'object', 'array'] };

function configOf(keys) {
  return object(
    Object.fromEntries(
      keys
        .filter(({ secret, chart }) => !secret && !chart)
        .map(({ name, doc }) => [name, { ...configValue, description: doc }]),
    ),
  );
}

function serviceOf({ keys }) {
  const secretKeys = keys.filter(({ secret }) => secret).map(({ name }) => name);
  return object(
    {
      ...{ enabled: boolean, replicas, existingSecret: string, nodeOptions: string, resources },
      secretKeys: { type: 'array', items: { enum: secretKeys }, uniqueItems: true },
      config: configOf(keys),
      ...{
        clients: anyList,
        egress: anyList,
        extraEnv: anyList,
        extraVolumes: anyList,
        extraVolumeMounts: anyList,
      },
      ...{ podAnnotations: textMap, nodeSelector: textMap, tolerations: anyList, affinity: anyObject },
      priorityClassName: string,
      autoscaling: object({
        ...{ enabled: boolean, minReplicas: replicas, maxReplicas: replicas },
        cpuPercent: { type: 'integer', minimum: 1, maximum: 100 },
      }),
      keda: object({
        ...{ enabled: boolean, minReplicas: count, maxReplicas: replicas },
        lagThreshold: { type: 'integer', minimum: 1 },
      }),
    },
    { required: ['enabled', 'resources', 'autoscaling', 'keda'] },
  );
}

const job = { backoffLimit: count, deadlineSeconds: { type: 'integer', minimum: 1 }, resources };

/** What the recommendations switch on together. */
const postures = {
  podDisruptionBudget: object({ enabled: recommended }),
  topologySpread: object({ enabled: recommended, keys: texts }),
  networkPolicy: object({
    ...{ enabled: recommended, dns: anyList, database: anyList, databasePort: count, nats: anyList },
    ...{ natsPort: count, natsClients: anyList, monitoring: anyList },
  }),
  serviceMonitor: object({ enabled: recommended, interval: string, labels }),
  prometheusRule: object({ enabled: recommended, labels }),
  dashboards: object({ enabled: recommended, labels }),
};

/** @param contracts what files/services.json holds */
export function valuesSchema(contracts) {
  const names = Object.keys(contracts);
  const everyKey = Object.values(contracts).flatMap(({ keys }) => keys);
  const routes = { enabled: boolean, hosts: byService(names, string) };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart touchstone',
    ...object({
      // Helm's own.
      global: anyObject,
      recommendations: object({ enabled: boolean }),
      image: object({
        ...{ registry: string, prefix: { type: 'string', minLength: 1 }, tag: string },
        digests: {
          type: 'object',
          propertyNames: { enum: [...names, 'cli', 'zk-prover'] },
          additionalProperties: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
        },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
        pullSecrets: { type: 'array', items: object({ name: string }) },
      }),
      config: configOf(everyKey),
      nodeId: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$', not: { const: 'heartbeat' } },
      nodeOptions: string,
      podSecurity: object({
        runAsUser: { type: ['integer', 'null'], minimum: 1 },
        fsGroup: { type: ['integer', 'null'], minimum: 1 },
      }),
      ...{ podAnnotations: textMap, priorityClassName: string },
      caBundle: object({ configMap: string, key: { type: 'string', minLength: 1 } }),
      nats: object({
        ...{
          url: string,
          monitoring: string,
          account: string,
          enabled: boolean,
          image: string,
          existingSecret: string,
        },
        storage: object({ size: string, className: string, jetstreamBytes: string }),
        resources,
      }),
      provision: object({ enabled: boolean, existingSecret: string, extraEnv: anyList, ...job }),
      migrations: object({ enabled: boolean, ...job }),
      prover: object({ enabled: boolean, resources }),
      ...postures,
      ingress: object({ ...routes, className: string, annotations: textMap, tlsSecret: string }),
      gatewayApi: object({ ...routes, parentRefs: anyList }),
      test: object({ existingSecret: string, timeoutSeconds: { type: 'integer', minimum: 1 }, resources }),
      services: object(Object.fromEntries(names.map((name) => [name, serviceOf(contracts[name])])), {
        required: names,
      }),
    }),
  };
}
