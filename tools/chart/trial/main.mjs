// A trial of the chart: the rendered objects of the variant "trial" run as processes from the images, in namespaces that the policies
// divide. Runs in the network namespace of the router, which `trial.mjs` of the folder above makes.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { startPostgres } from '../../../libs/embedded/dist/index.js';
import { findEngine, run } from '../../images/engine.mjs';
import { BASE_DEFAULT } from '../../images/base.mjs';
import { Claims } from '../../claims.mjs';
import { PodNetwork, ROUTER } from '../../containers/network.mjs';
import { relay } from '../../containers/relay.mjs';
import { digitRequest } from '../../containers/sample-request.mjs';
import * as binaries from '../binaries.mjs';
import { objectsOf } from '../check.mjs';
import { allowedBy } from './policies.mjs';
import { Release } from './release.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const chart = join(root, 'k8s/charts/touchstone');
const NAMESPACE = 'touchstone';
const NATS_BINARY = '/usr/local/bin/nats-server';
const REQUESTS_PER_SECOND = 20;
const DATABASE_PORT = 5_432;

/** What a kubelet, a name server and an API server know together. */
class Cluster {
  number = 0;
  secrets = new Map();
  configMaps = new Map();
  allows = () => true;

  constructor({ folder, tag, engine, natsServer }) {
    Object.assign(this, { folder, tag, natsServer });
    this.network = new PodNetwork(tag);
    this.hosts = join(folder, 'hosts');
    writeFileSync(this.hosts, '127.0.0.1 localhost\n');
    this.mounted = new Map();
    this.engine = engine;
  }

  imageOf(reference) {
    // The image of NATS cannot be had here: its program runs on the base of our own images.
    const name =
      reference.includes('nats') && !reference.startsWith('touchstone/') ? BASE_DEFAULT : reference;
    if (!this.mounted.has(name)) {
      const { folder, release } = this.engine.mount(name);
      this.mounted.set(name, { root: folder, release, config: this.engine.configOf(name) });
    }
    return this.mounted.get(name);
  }

  extraMounts(reference) {
    return this.imageOf(reference) === this.mounted.get(BASE_DEFAULT)
      ? [{ from: this.natsServer, to: NATS_BINARY }]
      : [];
  }

  secret(name) {
    const data = this.secrets.get(name);
    if (!data) throw new Error(`There is no Secret ${name}.`);
    return data;
  }

  configMap(name) {
    return this.configMaps.get(name);
  }

  take(objects) {
    for (const { kind, metadata, data } of objects)
      if (kind === 'ConfigMap') this.configMaps.set(metadata.name, data);
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
    this.ports = [
      ...new Set(
        objects
          .filter(({ kind }) => kind === 'Service')
          .flatMap(({ spec }) => spec.ports.map(({ port }) => port)),
      ),
      DATABASE_PORT,
    ];
    this.allows = allowedBy(policies, { 'kubernetes.io/metadata.name': NAMESPACE });
    this.enforce();
  }

  enforce() {
    this.network.enforce(this.ports, this.allows);
  }

  /** Names of services lead to their newest Pod that is ready. */
  publish(workloads) {
    const lines = [...workloads].map(([name, pods]) => `${pods.at(-1).address} ${name}`);
    writeFileSync(this.hosts, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  }

  release() {
    for (const { release } of this.mounted.values()) release();
  }
}

function makeSecrets(folder, cluster, superuserUrl) {
  const out = join(folder, 'secrets');
  run(process.execPath, [join(root, 'tools/secrets.mjs'), '--out', out, '--database-host', ROUTER]);
  for (const document of parseAllDocuments(readFileSync(join(out, 'secrets.yaml'), 'utf8'))) {
    const { metadata, stringData } = document.toJS();
    cluster.secrets.set(metadata.name, stringData);
  }
  run('psql', ['--quiet', '--no-psqlrc', superuserUrl, '-f', join(out, 'roles.sql')]);
}

/** What has to be refused, tried from inside of a Pod; and what has to be let through. */
function tryConnections(cluster, workloads, check) {
  const podOf = (name) => workloads.get(`touchstone-${name}`)[0];
  const attempt = (from, address, port) =>
    spawnSync('ip', [
      ...['netns', 'exec', cluster.network.pods.get(podOf(from).name).network, process.execPath, '-e'],
      `require('node:net').connect(${port},'${address}').setTimeout(3000,()=>process.exit(3)).on('connect',()=>process.exit(0)).on('error',()=>process.exit(2))`,
    ]).status === 0;
  const of = (name) => podOf(name).address;
  check('the gateway reaches NATS', attempt('inference-gateway', of('nats'), 4222));
  check('the signer reaches its database', attempt('signer', ROUTER, DATABASE_PORT));
  check('the gateway cannot reach the signer past NATS', !attempt('inference-gateway', of('signer'), 8081));
  check(
    'the gateway cannot reach the metrics of the signer',
    !attempt('inference-gateway', of('signer'), 10_081),
  );
  check('the hub cannot reach the proof-service', !attempt('attestation-hub', of('proof-service'), 8084));
  check('NATS cannot reach the database', !attempt('nats', ROUTER, DATABASE_PORT));
  check('NATS is reached on no other port', !attempt('signer', of('nats'), 8222));
}

/** Nothing of a Pod listens beyond the ports that its containers declare. */
function checkListeners(cluster, workloads, check) {
  for (const [name, [pod]] of workloads) {
    const { network } = cluster.network.pods.get(pod.name);
    const sockets = run('ip', ['netns', 'exec', network, 'cat', '/proc/net/tcp', '/proc/net/tcp6']);
    const listening = sockets
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => Number.parseInt(fields[1].split(':')[1], 16));
    const declared = pod.container.ports.map(({ containerPort }) => containerPort);
    check(
      `${name} listens on declared ports alone`,
      listening.length > 0 && listening.every((port) => declared.includes(port)),
    );
  }
}

/** Steady requests to whatever Pod of the gateway is ready, while `work` goes on. @returns how many were sent and failed */
async function underLoad(workloads, work) {
  const body = digitRequest(root);
  const failures = [];
  const open = new Set();
  let sent = 0;
  const timer = setInterval(() => {
    const { address } = workloads.get('touchstone-inference-gateway').at(-1);
    sent += 1;
    const one = fetch(`http://${address}:8080/v1/models/digits/infer`, {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
      signal: AbortSignal.timeout(30_000),
    })
      .then(async (answer) => {
        const text = await answer.text();
        if (!answer.ok) failures.push(`${answer.status} ${text.slice(0, 300)}`);
      })
      .catch((error) => failures.push(String(error.cause ?? error)))
      .finally(() => open.delete(one));
    open.add(one);
  }, 1_000 / REQUESTS_PER_SECOND);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await Promise.all(open);
  }
  return { sent, failures };
}

async function trial(tags, claims) {
  const engine = findEngine('buildah');
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-trial-'));
  chmodSync(folder, 0o711);
  const tag = `ts${process.pid}`;
  const natsServer = binaries.natsServer();
  const cluster = new Cluster({ folder, tag, engine, natsServer });
  const helm = binaries.helm();
  const render = (set, revision) =>
    objectsOf(
      run(helm, [
        ...['template', 'touchstone', chart, '--namespace', NAMESPACE, '--kube-version', binaries.KUBERNETES],
        ...['-f', join(chart, 'ci/trial-values.yaml'), ...(revision > 1 ? ['--is-upgrade'] : [])],
        ...Object.entries(set).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]),
      ]),
    );
  const release = new Release(cluster, render);
  mkdirSync(join(folder, 'postgres'), { mode: 0o711 });
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres/data'),
    password: 'x'.repeat(32),
    durable: false,
  });
  const { check } = claims;
  let relayed;
  try {
    cluster.take([]);
    // The database listens on loopback of the router alone.
    relayed = await relay({ host: ROUTER, port: DATABASE_PORT }, { host: '127.0.0.1', port: postgres.port });
    makeSecrets(folder, cluster, postgres.url('postgres'));
    const say = (text) => process.stderr.write(`chart: trial: ${text}\n`);
    say('database is there');
    await release.apply({ 'image.tag': tags[0] }, 'install');
    say(`installed ${tags[0]}`);
    checkListeners(cluster, release.workloads, check);
    tryConnections(cluster, release.workloads, check);
    const test = release.objects.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    const log = await release.runToEnd(test);
    check('helm test signs, logs and verifies an event', log.includes('Works: one event was signed'));
    for (const [action, tag_] of [
      ['upgrade', tags[1]],
      ['rollback', tags[0]],
    ]) {
      const { sent, failures } = await underLoad(release.workloads, () =>
        release.apply({ 'image.tag': tag_ }, action),
      );
      for (const failure of new Set(failures)) say(failure);
      say(`${action} to ${tag_}: ${sent} requests, ${failures.length} failed`);
      check(
        `${action} to ${tag_} under ${REQUESTS_PER_SECOND} requests a second: none of ${sent} fails`,
        failures.length === 0,
      );
    }
  } finally {
    await release.stop().catch(() => undefined);
    relayed?.close();
    await postgres.stop();
    cluster.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

const claims = new Claims('chart');
try {
  await trial(process.argv.slice(2), claims);
} catch (error) {
  process.stderr.write(`chart: ${error.message}\n`);
  claims.check('the trial runs to its end', false);
}
claims.finish();
process.exit(process.exitCode ?? 0);
