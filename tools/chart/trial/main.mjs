// A trial of the chart: the rendered objects of the variant "trial" run as processes from the images, in namespaces that the policies
// divide. Runs in the network namespace of the router, which `trial.mjs` of the folder above makes.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { services } from '../../../libs/contracts/dist/index.js';
import { Claims } from '../../claims.mjs';
import { checkProof } from '../../containers/proof.mjs';
import { digitRequest } from '../../containers/sample-request.mjs';
import { findEngine, run } from '../../images/engine.mjs';
import * as binaries from '../binaries.mjs';
import { objectsOf } from '../check.mjs';
import { Cluster, NAMESPACE } from './cluster.mjs';
import { checkListeners, tryConnections } from './connections.mjs';
import { TrialDatabase } from './database.mjs';
import { checkEvidence, REQUESTS_PER_SECOND, underLoad } from './load.mjs';
import { checkMemory } from './memory.mjs';
import { checkMisconfigured } from './misconfigured.mjs';
import { Release } from './release.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const chart = join(root, 'k8s/charts/touchstone');

const say = (text) => process.stderr.write(`chart: trial: ${text}\n`);

/** Renders the variant "trial" with values, as `helm install` and `helm upgrade` do. */
function rendererOf(helm) {
  return (set, revision) =>
    objectsOf(
      run(helm, [
        ...['template', 'touchstone', chart, '--namespace', NAMESPACE, '--kube-version', binaries.KUBERNETES],
        ...['-f', join(chart, 'ci/trial-values.yaml'), ...(revision > 1 ? ['--is-upgrade'] : [])],
        ...Object.entries(set).flatMap(([key, value]) => ['--set-string', `${key}=${value}`]),
      ]),
    );
}

/** What the next version changes in the schema of the gateway, as the database has it: its columns and its migrations. */
function changesOfNext(database) {
  const columns = database.query(
    `SELECT column_name FROM information_schema.columns
     WHERE table_name = 'verifications' AND column_name LIKE 'trial%' ORDER BY 1`,
  );
  const migrations = database.query(
    `SELECT name FROM gateway.migrations WHERE name LIKE 'Trial%' ORDER BY 1`,
  );
  return [columns, migrations].map((text) => text.split('\n').join(' '));
}

/** The release goes to the next version, whose schema is another one, and back, under load; no request fails and no answer is lost. */
async function roll({ release, database, tags, check }) {
  const body = digitRequest(root);
  const answers = [];
  check('before the upgrade the schema is that of this version', changesOfNext(database).join('') === '');
  for (const [action, tag] of [
    ['upgrade', tags[1]],
    ['rollback', tags[0]],
  ]) {
    const work = () => release.apply({ 'image.tag': tag }, action);
    const { sent, failures, answers: answered } = await underLoad(release.workloads, body, work);
    answers.push(...answered);
    for (const failure of new Set(failures)) say(failure);
    say(`${action} to ${tag}: ${sent} requests, ${failures.length} failed`);
    check(
      `${action} to ${tag} under ${REQUESTS_PER_SECOND} requests a second: none of ${sent} fails (R-OPS-2)`,
      failures.length === 0,
    );
    const [columns, migrations] = changesOfNext(database);
    check(
      `after the ${action} the schema is that of the next version: ${columns}; ${migrations}`,
      columns === 'trial_region' && migrations === 'TrialContract4070908800001 TrialExpand4070908800000',
    );
  }
  await checkEvidence({ workloads: release.workloads, database, answers, check });
  say(`evidence of ${answers.length} answers read`);
}

/** @throws Error with the end of the gateway’s log when no proof is made */
async function proveOne(workloads, check) {
  const of = (service) => workloads.get(`touchstone-${service}`).at(-1);
  const at = (service) => `http://${of(service).address}:${services[service].http}`;
  try {
    await checkProof({ root, gateway: at('inference-gateway'), proofs: at('proof-service'), check });
  } catch (error) {
    throw new Error(`${error.message}\n${of('inference-gateway').log()}`);
  }
}

async function trial(tags, { check }) {
  const engine = findEngine('buildah');
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-trial-'));
  chmodSync(folder, 0o711);
  const cluster = new Cluster({
    ...{ folder, engine },
    tag: `ts${process.pid}`,
    natsServer: binaries.natsServer(),
  });
  const release = new Release(cluster, rendererOf(binaries.helm()));
  let database;
  try {
    cluster.take([]);
    database = await TrialDatabase.start(folder, cluster);
    say('database is there');
    await release.apply({ 'image.tag': tags[0] }, 'install');
    say(`installed ${tags[0]}`);
    const { workloads, objects } = release;
    checkListeners(cluster, workloads, check);
    tryConnections(cluster, workloads, check);
    const test = objects.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === 'test');
    const log = await release.runToEnd(test);
    check('helm test signs, logs and verifies an event', log.includes('Works: one event was signed'));
    await proveOne(workloads, check);
    checkMemory(workloads, 'after helm test and a proof', check);
    await checkMisconfigured({
      ...{ cluster, objects, workloads, database, folder, check, say },
      runToEnd: (job) => release.runToEnd(job),
    });
    await roll({ release, database, tags, check });
    checkMemory(workloads, 'after the load', check);
  } finally {
    await release.stop().catch(() => undefined);
    await database?.stop();
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
