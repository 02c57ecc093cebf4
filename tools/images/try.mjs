// Starts every image from its root file system as a user without name and rights, on a read-only root and without HOME, on a real
// PostgreSQL, NATS and chain, and has them answer one paid inference, whose evidence the image of the command line verifies.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resetState, startStack } from '../../libs/embedded/dist/index.js';
import { serviceNames } from '../../libs/contracts/dist/index.js';
import { containerCommand, MemoryBound, PATH_OF_IMAGES } from '../containers/container.mjs';
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

/** What an image sets, by name; the embedded stack has its services listen on loopback all the same. */
function environmentOf({ Env }) {
  const { TOUCHSTONE_BIND_HOST: _all, ...set } = Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return set;
}

/** A request for the sample model: one of its held-out rows. */
function digitBody(root) {
  const read = (name) => JSON.parse(readFileSync(join(root, 'models/digits', name), 'utf8'));
  const [{ name, datatype, shape }] = read('model.json').inputs;
  return JSON.stringify({ inputs: [{ name, datatype, shape, data: read('held-out.json').rows[0].values }] });
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

/**
 * @param built the images as they were built: `{ name, image, buildHash }`
 * @param check takes a claim and whether it holds
 */
export async function tryImages({ root, engine, built, check }) {
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-images-'));
  chmodSync(parent, 0o711);
  const stateDir = join(parent, 'state');
  const mounts = new Map(built.map(({ name, image }) => [name, engine.mount(image)]));
  const bounds = new Map(
    serviceNames.map((name) => [
      name,
      new MemoryBound(`${process.pid}-${name}`, MEMORY_MAX[name] ?? MEMORY_MAX.default),
    ]),
  );
  const configs = new Map(built.map(({ name, image }) => [name, engine.configOf(image)]));
  const hashOf = (name) => built.find((one) => one.name === name).buildHash;
  let stack;
  try {
    stack = await startStack({
      ...{ root, stateDir, services: serviceNames, restart: false },
      commandOf: (service) =>
        containerCommand({
          root: mounts.get(service).folder,
          user: USER,
          bound: bounds.get(service),
          workdir: configs.get(service).WorkingDir,
          argv: configs.get(service).Entrypoint,
        }),
      settings: Object.fromEntries(
        serviceNames.map((name) => [
          name,
          {
            ...{ ...environmentOf(configs.get(name)), HOME: undefined },
            ...(name === 'inference-gateway' ? { TOUCHSTONE_MODELS_DIR: '/app/models' } : {}),
          },
        ]),
      ),
    });
    for (const [name, { User }] of configs)
      check(`${name} is not root by itself`, /^[1-9]\d*:\d+$/.test(User));
    for (const [name, pid] of Object.entries(stack.pids())) checkProcess(name, pid, check);
    const touchstone = (...args) =>
      run(process.execPath, [join(root, 'apps/cli/bin/touchstone.js'), ...args]);
    const digit = join(parent, 'digit.json');
    writeFileSync(digit, digitBody(root));
    const answer = JSON.parse(
      touchstone('infer', 'digits', '--input', digit, '--pay', '--state', stateDir, '--json'),
    );
    const { urls } = stack.description;
    const evidence = await anchored(
      `${urls['proof-service']}/v1/evidence/${answer.verificationId}?require=anchored`,
    );
    check(
      'the evidence names the build of the image that answered',
      evidence.includes(hashOf('inference-gateway')),
    );
    const folder = join(parent, 'evidence');
    run('mkdir', ['-m', '755', folder]);
    writeFileSync(join(folder, 'evidence.json'), evidence);
    touchstone('trust', 'export', '--state', stateDir, '--out', join(folder, 'trust.json'));
    run('chmod', ['a+r', join(folder, 'trust.json'), join(folder, 'evidence.json')]);
    const [program, ...args] = containerCommand({
      root: mounts.get('cli').folder,
      user: USER,
      mounts: [{ from: folder, to: '/evidence' }],
      argv: [
        ...['node', '/app/main.js', 'verify', '/evidence/evidence.json', '--trust', '/evidence/trust.json'],
        ...['--require', 'L2', '--allow-test'],
      ],
    });
    await stack.stop();
    const verified = spawnSync(program, args, { encoding: 'utf8', env: { PATH: PATH_OF_IMAGES } });
    check(
      'the image of the command line verifies the evidence, with everything stopped',
      verified.status === 0,
    );
    if (verified.status !== 0) process.stderr.write(verified.stdout + verified.stderr);
  } finally {
    await stack?.stop();
    for (const mount of mounts.values()) mount.release();
    for (const bound of bounds.values()) bound.remove();
    resetState(stateDir);
    rmSync(parent, { recursive: true, force: true });
  }
}
