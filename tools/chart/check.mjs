// What can be checked of the chart: rendering, refusals, and what an API server admits.
import { parseAllDocuments } from 'yaml';
import { run } from '../images/engine.mjs';
import { KUBERNETES } from './binaries.mjs';
import { prepareNamespace } from './api-server.mjs';
import { refusals } from './variants.mjs';

const RELEASE = 'touchstone';
/** In the second one the profile `restricted` is enforced. */
const NAMESPACES = { plain: 'touchstone', restricted: 'touchstone-restricted' };

const options = ({ file, set = [] }) => [
  ...['--kube-version', KUBERNETES, '-f', file],
  ...set.flatMap((value) => ['--set', value]),
];

/** @returns the text of everything that a release would make, hooks included */
export const render = (helm, chart, variant, namespace = NAMESPACES.plain) =>
  run(helm, ['template', RELEASE, chart, '--namespace', namespace, ...options(variant)]);

export const objectsOf = (text) =>
  parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);

export function checkRendering({ helm, chart, all, check }) {
  for (const variant of all) {
    run(helm, ['lint', '--strict', chart, '-f', variant.file]);
    const objects = objectsOf(render(helm, chart, variant));
    const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    check(
      `${variant.name}: ${objects.length} objects, each once`,
      objects.length > 0 && new Set(ids).size === ids.length,
    );
    checkPods(variant, objects, check);
    checkMonitoring(variant, objects, check);
  }
}

/** What Prometheus and Grafana get is whole, wherever it is switched on. */
function checkMonitoring({ name }, objects, check) {
  for (const { kind, metadata, spec, data } of objects) {
    if (kind === 'PrometheusRule')
      check(
        `${name}: ${metadata.name} has rules`,
        spec.groups.length > 0 && spec.groups.every(({ rules }) => rules.length > 0),
      );
    if (kind === 'ConfigMap' && metadata.name.includes('-dashboard-'))
      check(
        `${name}: ${metadata.name} has panels`,
        Object.values(data).every((text) => JSON.parse(text).panels.length > 0),
      );
  }
}

/** What holds of every Pod, whatever the values. */
function checkPods({ name }, objects, check) {
  for (const { spec, label } of podsOf(objects)) {
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const hardened = containers.every(
      ({ securityContext: own }) =>
        own.readOnlyRootFilesystem && !own.allowPrivilegeEscalation && own.capabilities.drop.includes('ALL'),
    );
    check(`${name}: ${label} has no rights`, hardened && spec.securityContext.runAsNonRoot === true);
    check(`${name}: ${label} has no token`, spec.automountServiceAccountToken === false);
    check(
      `${name}: ${label} has a bound on memory`,
      containers.every(({ resources }) => resources.limits.memory),
    );
    // The variables of service links are named after the release and would be unknown configuration.
    check(`${name}: ${label} has no service links`, spec.enableServiceLinks === false);
    const values = containers.flatMap(({ env = [] }) => env).map(({ value }) => value ?? '');
    check(
      `${name}: ${label} has no secret in its environment`,
      !values.some((value) => /:\/\/[^/]*:[^/]*@/.test(value)),
    );
  }
}

/** Every Pod that is made or would be. */
export function podsOf(objects) {
  return objects.flatMap(({ kind, metadata, spec }) => {
    const label = `${kind} ${metadata.name}`;
    if (kind === 'Pod') return [{ label, metadata, spec }];
    const template = spec?.template;
    // A claim of a StatefulSet becomes a volume of each of its Pods.
    const claims = (spec?.volumeClaimTemplates ?? []).map(({ metadata: { name } }) => ({
      name,
      persistentVolumeClaim: { claimName: name },
    }));
    if (!template?.spec?.containers) return [];
    const volumes = [...(template.spec.volumes ?? []), ...claims];
    const own = { ...template.metadata, name: metadata.name };
    return [{ label, metadata: own, spec: { ...template.spec, volumes } }];
  });
}

export function checkRefusals({ helm, chart, all, check }) {
  for (const { on, set, says } of refusals) {
    const variant = all.find(({ name }) => name === on);
    let said;
    try {
      render(helm, chart, { ...variant, set });
    } catch (error) {
      said = error.message;
    }
    check(`${on} with ${set.join(' ')} is refused, and says ${says}`, said?.includes(says) === true);
  }
}

/** Each variant as an API server takes it, and each Pod in a namespace that enforces the restricted profile. */
export function checkAdmission({ helm, chart, all, check, server, definitions }) {
  const { kubectl } = server;
  for (const path of definitions) kubectl(['apply', '--server-side', '-f', path]);
  kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  const enforce = 'pod-security.kubernetes.io/enforce=restricted';
  prepareNamespace(server, NAMESPACES.plain);
  prepareNamespace(server, NAMESPACES.restricted, [enforce]);
  kubectl(['create', '-f', '-'], priorityClass);
  for (const variant of all) {
    check(`${variant.name}: the API server takes it`, admits(kubectl, render(helm, chart, variant)));
    for (const { label, metadata, spec } of podsOf(
      objectsOf(render(helm, chart, variant, NAMESPACES.restricted)),
    )) {
      const { serviceAccountName: _made, ...rest } = spec;
      const pod = podText(metadata, { ...rest, restartPolicy: spec.restartPolicy ?? 'Always' });
      check(
        `${variant.name}: ${label} is admitted where the profile restricted is enforced`,
        admits(kubectl, pod),
      );
    }
  }
  const [{ metadata, spec }] = podsOf(objectsOf(render(helm, chart, all[0], NAMESPACES.restricted)));
  const { serviceAccountName: _made, ...rest } = spec;
  const containers = rest.containers.map((one) => ({ ...one, securityContext: { privileged: true } }));
  const privileged = { ...rest, restartPolicy: 'Never', containers };
  check('a privileged Pod is not admitted there', !admits(kubectl, podText(metadata, privileged)));
}

const priorityClass = JSON.stringify({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name: 'touchstone' },
  value: 1_000,
});

function podText({ name, labels }, spec) {
  const metadata = { name, namespace: NAMESPACES.restricted, labels };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
}

function admits(kubectl, text) {
  try {
    kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], text);
    return true;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return false;
  }
}
