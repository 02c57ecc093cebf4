// Starts every image from its root file system as a user without name and rights, on a read-only root and without HOME, on a real
// PostgreSQL, NATS and chain, and has them answer one paid inference, whose evidence the image of the command line verifies.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetState, startStack } from '../../libs/embedded/dist/index.js';
import { serviceNames } from '../../libs/contracts/dist/index.js';
import { containerCommand, environmentOf, MemoryBound, PATH_OF_IMAGES } from '../containers/container.mjs';
import { digitRequest } from '../containers/sample-request.mjs';
import { run } from './engine.mjs';

/** No entry of any passwd; the group is root’s, as OpenShift gives it. */
const USER = { uid: 1_000_680_000, gid: 0 };
const MEBIBYTE = 1_048_576;
/** What the chart gives a container. */
const MEMORY_MAX = { 'inference-gateway': 512 * MEBIBYTE, default: 256 * MEBIBYTE };
const ANCHOR_WAIT_MS = 60_000;
const POLL_MS = 250;

const statusOf = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
const idOf = (pid, what) => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(statusOf(pid))[1]);

function checkProcess(name, pid, check) {
  check(`${name} runs as user ${USER.uid}`, idOf(pid, 'Uid') === USER.uid);
  check(
    `${name} has no capability`,
    /^CapEff:\s+0+$/m.test(statusOf(pid)) && /^NoNewPrivs:\s+1$/m.test(statusOf(pid)),
  );
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  check(`${name} has no HOME`, !environment.some((line) => line.startsWith('HOME=')));
  const root = readFileSync(`/proc/${pid}/mounts`, 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === '/');
  check(`${name} has a read-only root`, /^ro(?:,|$)/.test(root?.split(' ')[3] ?? ''));
}

async function anchored(url) {
  const until = Date.now() + ANCHOR_WAIT_MS;
  for (;;) {
    const answer = await fetch(url);
    if (answer.status === 200) return await answer.text();
    if (Date.now() > until)
      throw new Error(`No anchored evidence within ${ANCHOR_WAIT_MS / 1_000} s: ${answer.status}`);
    await sleep(POLL_MS);
  }
}

/** One stack whose services run from their images. */
function startImages({ root, stateDir, configs, folderOf, boundOf }) {
  const settingsOf = (name) => [
    name,
    {
      // Of the image, but for where it listens: the stack of a machine has loopback alone.
      ...{ ...environmentOf(configs.get(name)), TOUCHSTONE_BIND_HOST: '127.0.0.1', HOME: undefined },
      ...(name === 'inference-gateway' ? { TOUCHSTONE_MODELS_DIR: '/app/models' } : {}),
    },
  ];
  return startStack({
    ...{ root, stateDir, services: serviceNames, restart: false },
    commandOf: (service) => {
      const { WorkingDir: workdir, Entrypoint: argv } = configs.get(service);
      return containerCommand({
        root: folderOf(service),
        user: USER,
        bound: boundOf(service),
        workdir,
        argv,
      });
    },
    settings: Object.fromEntries(serviceNames.map(settingsOf)),
  });
}

/** Pays for one answer, and writes its evidence and what one has to believe to verify it into a folder that any user may read. */
async function makeEvidence({ root, stateDir, urls, parent }) {
  const touchstone = (...args) => run(process.execPath, [join(root, 'apps/cli/bin/touchstone.js'), ...args]);
  const folder = join(parent, 'evidence');
  run('mkdir', ['-m', '755', folder]);
  const request = join(parent, 'digit.json');
  writeFileSync(request, digitRequest(root));
  const asked = touchstone('infer', 'digits', '--input', request, '--pay', '--state', stateDir, '--json');
  const { verificationId } = JSON.parse(asked);
  const evidence = await anchored(`${urls['proof-service']}/v1/evidence/${verificationId}?require=anchored`);
  writeFileSync(join(folder, 'evidence.json'), evidence);
  touchstone('trust', 'export', '--state', stateDir, '--out', join(folder, 'trust.json'));
  run('chmod', ['a+r', join(folder, 'trust.json'), join(folder, 'evidence.json')]);
  return { folder, evidence };
}

function verifyInside(rootFolder, { Entrypoint }, folder) {
  const [program, ...args] = containerCommand({
    ...{ root: rootFolder, user: USER, mounts: [{ from: folder, to: '/evidence' }] },
    argv: [
      ...[...Entrypoint, 'verify', '/evidence/evidence.json', '--trust', '/evidence/trust.json'],
      ...['--require', 'L2', '--allow-test'],
    ],
  });
  return spawnSync(program, args, { encoding: 'utf8', env: { PATH: PATH_OF_IMAGES } });
}

/**
 * @param built the images as they were built: `{ name, image, buildHash }`
 * @param check takes a claim and whether it holds
 */
export async function tryImages({ root, engine, built, check }) {
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-images-'));
  chmodSync(parent, 0o711);
  const stateDir = join(parent, 'state');
  const mounts = new Map(built.map(({ name, image }) => [name, engine.mount(image)]));
  const folderOf = (name) => mounts.get(name).folder;
  const bounds = new Map(
    serviceNames.map((name) => [
      name,
      new MemoryBound(`${process.pid}-${name}`, MEMORY_MAX[name] ?? MEMORY_MAX.default),
    ]),
  );
  const configs = new Map(built.map(({ name, image }) => [name, engine.configOf(image)]));
  for (const [name, { User }] of configs) check(`${name} is not root by itself`, /^[1-9]\d*:\d+$/.test(User));
  let stack;
  try {
    stack = await startImages({ root, stateDir, configs, folderOf, boundOf: (name) => bounds.get(name) });
    for (const [name, pid] of Object.entries(stack.pids())) checkProcess(name, pid, check);
    const { folder, evidence } = await makeEvidence({ root, stateDir, urls: stack.description.urls, parent });
    const { buildHash } = built.find(({ name }) => name === 'inference-gateway');
    check('the evidence names the build of the image that answered', evidence.includes(buildHash));
    await stack.stop();
    const { status, stdout, stderr } = verifyInside(folderOf('cli'), configs.get('cli'), folder);
    check('the image of the command line verifies the evidence, with everything stopped', status === 0);
    if (status !== 0) process.stderr.write(stdout + stderr);
  } finally {
    await stack?.stop();
    for (const mount of mounts.values()) mount.release();
    for (const bound of bounds.values()) bound.remove();
    resetState(stateDir);
    rmSync(parent, { recursive: true, force: true });
  }
}
