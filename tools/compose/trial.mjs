// A trial of deploy/compose.yaml with compose.prover.yaml: its containers run as processes from the images, in the order and with the checks that it says. Runs in a
// network namespace of its own (containers/in-network.mjs), so that its ports are free. PostgreSQL is the one of the embedded stack.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../../libs/embedded/dist/index.js';
import { Claims } from '../claims.mjs';
import { containerCommand, PATH_OF_IMAGES } from '../containers/container.mjs';
import { PodNetwork, ROUTER } from '../containers/network.mjs';
import { checkProof } from '../containers/proof.mjs';
import { relay } from '../containers/relay.mjs';
import { digitRequest } from '../containers/sample-request.mjs';
import { findEngine } from '../images/engine.mjs';
import { Images, standInImages } from './images.mjs';
import { addProver, installationOf, loadProject } from './model.mjs';
import { Project } from './project.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const DATABASE_PORT = 5_432;
const GATEWAY = 'http://127.0.0.1:8080';
const SIGNER = 'http://127.0.0.1:8081';
const PROOFS = 'http://127.0.0.1:8084';
/** The one that is killed. */
const VICTIM = 'proof-service';
const WAIT_MS = 60_000;
const POLL_MS = 200;

const execute = promisify(execFile);
const say = (text) => process.stderr.write(`compose: trial: ${text}\n`);

/** The command line, while this process passes its connections on. @throws Error with what it wrote when it does not end with 0 */
async function touchstone(...args) {
  const { stdout } = await execute(process.execPath, [join(root, 'apps/cli/bin/touchstone.js'), ...args]);
  return stdout;
}

/** @throws Error that says what was waited for */
async function until(what, attempt) {
  const late = Date.now() + WAIT_MS;
  for (;;) {
    const result = await attempt();
    if (result) return result;
    if (Date.now() > late) throw new Error(`${what}: not within ${WAIT_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
}

/** The database of the embedded stack in the place of the container `postgres`; its health check runs as that of the container would. */
async function startDatabase({ parent, secrets, model, images }) {
  const password = readFileSync(join(secrets, 'postgres/password'), 'utf8').trim();
  const dataDir = join(parent, 'postgres-data');
  const server = await startPostgres({ dataDir, password, port: DATABASE_PORT, durable: false });
  const address = { host: '127.0.0.1', port: DATABASE_PORT };
  const relayed = await relay({ host: ROUTER, port: DATABASE_PORT }, address);
  const { image, healthcheck, user } = model.services.postgres;
  const [uid, gid] = user.split(':').map(Number);
  const argv = healthcheck.test.slice(1);
  const passes = () => {
    const [program, ...args] = containerCommand({
      root: images.get(image).root,
      ...{ user: { uid, gid }, workdir: '/', argv },
    });
    return spawnSync(program, args, { env: { PATH: PATH_OF_IMAGES }, stdio: 'ignore' }).status === 0;
  };
  return {
    port: DATABASE_PORT,
    healthy: () => until('PostgreSQL is healthy', passes),
    async stop() {
      relayed.close();
      await server.stop();
    },
  };
}

/** Asks the sample model, waits for the evidence, and verifies it offline by what the installation says of itself. */
async function answerAndVerify(folder, name) {
  const asked = await fetch(`${GATEWAY}/v1/models/digits/infer`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: digitRequest(root) },
  });
  if (!asked.ok) throw new Error(`The gateway answers ${asked.status}: ${await asked.text()}`);
  const { verificationId } = await asked.json();
  const evidence = await until('evidence', async () => {
    const answer = await fetch(`${PROOFS}/v1/evidence/${verificationId}`).catch(() => undefined);
    return answer?.status === 200 ? answer.text() : undefined;
  });
  const [bundle, trust] = ['evidence', 'trust'].map((what) => join(folder, `${name}-${what}.json`));
  writeFileSync(bundle, evidence);
  await touchstone('trust', 'export', '--signer', SIGNER, '--gateway', GATEWAY, '--out', trust);
  return touchstone('verify', bundle, '--trust', trust, '--require', 'L1');
}

async function killOne(project, check) {
  const victim = project.containers.get(VICTIM);
  const { pid } = victim.child;
  victim.child.kill('SIGKILL');
  check(`${VICTIM} is killed`, (await victim.exited) === 'SIGKILL');
  await until(`${VICTIM} comes back`, () => victim.restarts === 1 && victim.child.pid !== pid);
  await victim.healthy();
  check(`${VICTIM} is healthy again`, victim.ended === undefined);
}

async function inProject(project, folder, check) {
  await project.up();
  say(`${project.containers.size} containers are up`);
  const verdict = await answerAndVerify(folder, 'first');
  say(verdict.split('\n').find((line) => line.includes('VALID')) ?? verdict);
  check('the evidence of an answer is verified', /\bVALID\b.*\bL1\b/.test(verdict));
  const smoke = await project.runToEnd('smoke');
  check('smoke signs, logs and verifies an event', smoke.includes('Works: one event was signed'));
  await checkProof({ root, gateway: GATEWAY, proofs: PROOFS, check });
  await killOne(project, check);
  check(
    'an answer after that is verified',
    /\bVALID\b.*\bL1\b/.test(await answerAndVerify(folder, 'second')),
  );
  for (const [name, code] of await project.down()) check(`${name} ends with 0, not ${code}`, code === 0);
}

async function trial(tag, check) {
  const { parent, deploy, secrets, remove } = installationOf(root);
  chmodSync(parent, 0o711);
  let images;
  let database;
  let project;
  try {
    images = new Images(findEngine('buildah'), await standInImages(parent));
    addProver(deploy);
    const model = loadProject(deploy, ['smoke'], { TOUCHSTONE_TAG: tag });
    const name = `tc${process.pid}`;
    const network = new PodNetwork(name);
    database = await startDatabase({ parent, secrets, model, images });
    const standIns = { postgres: database };
    project = new Project({ model, folder: parent, tag: name, network, images, standIns });
    await inProject(project, parent, check);
  } finally {
    await project?.down().catch((error) => say(error.message));
    await database?.stop();
    images?.release();
    remove();
  }
}

const [tag] = process.argv.slice(2);
const claims = new Claims('compose');
try {
  await trial(tag, claims.check);
} catch (error) {
  process.stderr.write(`compose: ${error.message}\n`);
  claims.check('the trial runs to its end', false);
}
claims.finish();
process.exit(process.exitCode ?? 0);
