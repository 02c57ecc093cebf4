import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceNames, type ServiceName } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { locateNatsServer, type RunningStack } from '@touchstone/embedded';
import { linearClassifier, waitUntil } from '@touchstone/testing';
import { removeState } from './support/remove-state.js';
import { secondService } from './support/second-service.js';
import { oddSurroundings, type Surroundings } from './support/surroundings.js';
import { startTestStack } from './support/test-stack.js';
import { bin } from './support/touchstone.js';

const START_TIMEOUT_MS = 180_000;
const MISSING = '/nowhere/tmp';
const TOKEN = 'operator-token-of-the-tests-0123456789abcdef';

/** Everything that the odd user may write, and what it has to read. */
const folder = mkdtempSync(join(tmpdir(), 'touchstone-odd-'));
chmodSync(folder, 0o755);
const own = join(folder, 'own');
mkdirSync(own);
const odd: Surroundings = oddSurroundings(own, bin);
if (odd.nameless) chownSync(own, odd.uid, odd.uid);

afterAll(() => removeState(folder));

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the command line there. */
function touchstone(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  place: (program: readonly string[]) => readonly string[] = (program) => odd.command(own, program),
): Ended {
  const [command = '', ...rest] = place([process.execPath, bin, ...args]);
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: MISSING, ...env },
  });
  return { status, output: stdout + stderr };
}

const expectNoTrace = ({ output }: Ended) => expect(output).not.toMatch(/^\s+at /m);

describe(`a service ${odd.description}`, () => {
  let stateDir: string;
  let stack: RunningStack;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'touchstone-surroundings-'));
    stack = await startTestStack(stateDir);
  }, START_TIMEOUT_MS);
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await stack?.stop();
    removeState(stateDir);
  }, START_TIMEOUT_MS);

  const start = async (service: ServiceName, settings: Record<string, string> = {}) => {
    const { plan, url } = await secondService(stack, stateDir, service, settings);
    const [command, ...args] = odd.command(own, [process.execPath, plan.entry]);
    const child = spawn(command, args, {
      env: { ...plan.environment, PATH: process.env['PATH'] ?? '', TMPDIR: MISSING },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(output);
      return (await fetch(`http://127.0.0.1:${plan.healthPort}/readyz`)).status === 200;
    };
    await waitUntil(
      () =>
        ready().catch((error: Error) =>
          error.message.includes('fetch failed') ? false : Promise.reject(error),
        ),
      60_000,
    );
    return { child, url, ended };
  };
  const uidOf = ({ pid }: ChildProcess) =>
    Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

  it.each(serviceNames)(
    '%s becomes ready and ends cleanly',
    async (service) => {
      const { child, ended } = await start(service);
      // Without mounts and uids of its own, the command is the program itself.
      expect([odd.uid, 0]).toContain(uidOf(child));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
    90_000,
  );

  it('takes a model, tries it in its sandbox and runs it', async () => {
    const digest = bytesToHex(sha256(new TextEncoder().encode(TOKEN)));
    const { url } = await start('inference-gateway', {
      TOUCHSTONE_OPERATOR_TOKEN_SHA256: digest,
      TOUCHSTONE_UPLOADS_DIR: own,
      TOUCHSTONE_MODEL_CACHE_DIR: join(own, 'models'),
    });
    const form = new FormData();
    form.set('manifest', JSON.stringify({ name: 'odd', priceAtomic: '0' }));
    form.set(
      'model',
      new Blob([linearClassifier([[1, 2]], [0, 0]) as Uint8Array<ArrayBuffer>]),
      'model.onnx',
    );
    const headers = { authorization: `Bearer ${TOKEN}` };
    const added = await fetch(`${url}/v1/models`, { method: 'POST', headers, body: form });
    expect([added.status, await added.text()]).toEqual([201, expect.stringContaining('"odd"')]);
    const asked = await fetch(`${url}/v1/models/odd/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 1], data: [1] }] }),
    });
    expect([asked.status, await asked.text()]).toEqual([200, expect.stringContaining('"outputs"')]);
  }, 90_000);

  it('says what to set where a model finds no folder', async () => {
    const digest = bytesToHex(sha256(new TextEncoder().encode(TOKEN)));
    const { url } = await start('inference-gateway', { TOUCHSTONE_OPERATOR_TOKEN_SHA256: digest });
    const form = new FormData();
    form.set('manifest', JSON.stringify({ name: 'homeless', priceAtomic: '0' }));
    form.set('model', new Blob(['no model']), 'model.onnx');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const added = await fetch(`${url}/v1/models`, { method: 'POST', headers, body: form });
    expect([added.status, await added.text()]).toEqual([
      503,
      expect.stringContaining('TOUCHSTONE_UPLOADS_DIR'),
    ]);
  }, 90_000);
});

describe(`the command line ${odd.description}`, () => {
  const vectors = fileURLToPath(new URL('../../../libs/evidence/vectors/evidence.json', import.meta.url));

  it('verifies evidence', () => {
    const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      cases: { name: string; input: { bundle: unknown; trust: unknown } }[];
    };
    const { bundle, trust } = cases.find(({ name }) => name === 'L2')?.input ?? {};
    const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
    writeFileSync(join(folder, 'bundle.json'), text(bundle));
    writeFileSync(join(folder, 'trust.json'), text(trust));
    const files = [join(folder, 'bundle.json'), '--trust', join(folder, 'trust.json')];
    const ended = touchstone(['verify', ...files, '--require', 'L2']);
    expect([ended.status, ended.output]).toEqual([0, expect.stringContaining('VALID')]);
  });

  it.each(['up', 'demo'])('%s names TMPDIR and the cure, and exits with 5', (command) => {
    const ended = touchstone([command, '--state', join(own, 'unstarted')]);
    expect(ended).toMatchObject({
      status: 5,
      output: expect.stringMatching(
        /temporary folder \/nowhere\/tmp cannot be written \(\w+\): set TMPDIR to/,
      ),
    });
    expectNoTrace(ended);
  });

  it('doctor says what is amiss, and looks at everything else', () => {
    const ended = touchstone(['doctor', '--state', join(own, 'unstarted')]);
    expect(ended.output).toMatch(/^failed +temporary-folder .*set TMPDIR/m);
    expect(ended.output).toMatch(/^(?:ok|warning) +user /m);
    expect(ended.output).toMatch(/^ok +postgres /m);
    expectNoTrace(ended);
  });

  it('runs the whole demo with no more than a TMPDIR of its own, or says what is missing for it', async () => {
    const programs = join(folder, 'bin');
    mkdirSync(programs);
    copyFileSync((await locateNatsServer(() => undefined)).path, join(programs, 'nats-server'));
    chmodSync(join(programs, 'nats-server'), 0o755);
    const env = { TMPDIR: own, PATH: `${programs}:${process.env['PATH'] ?? ''}` };
    // Mounts of one's own make an ordinary user look like root, as whom PostgreSQL does not run.
    const place = (program: readonly string[]) => (odd.nameless ? odd.command(own, program) : program);
    const [command = '', ...args] = place(['unshare', '--user', '--map-user=1', 'true']);
    const hasName = !odd.nameless || spawnSync(command, args).status === 0;
    const ended = touchstone(['demo', '--state', join(own, 'demo')], env, place);
    if (hasName) expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('VALID') });
    else expect(ended).toMatchObject({ status: 5, output: expect.stringContaining('has no name') });
    expectNoTrace(ended);
  }, 180_000);
});
