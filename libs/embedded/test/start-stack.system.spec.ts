import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import {
  callRpc,
  locateNatsServer,
  readStack,
  resetState,
  silentProgress,
  startStack,
  stopRunning,
  type RunningStack,
} from '../src/index.js';
import { launch, processesThatMention } from './launched.js';

const fakeService = fileURLToPath(new URL('./fake-service.mjs', import.meta.url));
const chosen = ['signer', 'proof-service'] as const;

/** A checkout with stand-ins for two services. */
function makeCheckout(parent: string): string {
  const root = join(parent, 'checkout');
  for (const service of chosen) {
    mkdirSync(join(root, 'apps', service, 'bundle'), { recursive: true });
    cpSync(fakeService, join(root, 'apps', service, 'bundle', 'main.js'));
  }
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  return root;
}

describe('embedded stack', () => {
  let parent: string;
  let root: string;
  let stateDir: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'touchstone-stack-'));
    chmodSync(parent, 0o711);
    root = makeCheckout(parent);
    stateDir = join(root, '.touchstone');
  });
  afterEach(async () => {
    await stopRunning(stateDir).catch(() => false);
    rmSync(parent, { recursive: true, force: true });
  });
  const startEmpty = (): Promise<RunningStack> =>
    startStack({ root, stateDir, services: [], restart: false, durable: false });

  it('starts without services, says where it is, keeps chain and secrets, and can be reset', async () => {
    const first = await startEmpty();
    expect(readStack(stateDir)).toEqual(first.description);
    expect(JSON.stringify(first.description)).not.toContain(first.secrets.postgresPassword);
    await expect(startEmpty()).rejects.toMatchObject({ code: 'conflict' });
    expect(() => resetState(stateDir)).toThrow('touchstone down');
    const height = BigInt(await callRpc<string>(first.description.chain.rpcUrl, 'eth_blockNumber'));
    await first.stop();
    await first.stop();
    expect(readStack(stateDir)).toBeUndefined();

    const second = await startEmpty();
    expect(second.secrets).toEqual(first.secrets);
    expect(second.description.chain.anchorRegistry).toBe(first.description.chain.anchorRegistry);
    expect(second.description.logOrigin).toBe(first.description.logOrigin);
    expect(second.description.tsa?.roots).toEqual(first.description.tsa?.roots);
    expect(BigInt(await callRpc<string>(second.description.chain.rpcUrl, 'eth_blockNumber')) >= height).toBe(
      true,
    );
    await second.stop();

    writeFileSync(join(stateDir, 'note.txt'), 'mine');
    resetState(stateDir);
    expect(readdirSync(stateDir)).toEqual(['note.txt']);
  }, 60_000);

  it('starts without a time-stamping authority where there is no openssl, and says so', async () => {
    const notes: string[] = [];
    const progress = { ...silentProgress, note: (line: string) => void notes.push(line) };
    // What else is looked for on PATH is there all the same.
    const nats = await locateNatsServer(() => undefined);
    const bin = join(parent, 'bin');
    mkdirSync(bin);
    symlinkSync(nats.path, join(bin, 'nats-server'));
    const environment = { ...process.env, PATH: bin };
    const options = { root, stateDir, services: [], restart: false, durable: false, progress, environment };
    const stack = await startStack(options);
    try {
      expect(readStack(stateDir)).not.toHaveProperty('tsa');
      expect(notes).toContainEqual(expect.stringContaining('There is no time-stamping authority: openssl 3'));
    } finally {
      await stack.stop();
    }
  }, 60_000);

  it('keeps stacks apart that start shortly after each other', async () => {
    const stacks = await Promise.all(
      ['one', 'other', 'third'].map(async (name, index) => {
        // Each looks for ports while the one before has chosen its own and does not listen yet.
        await new Promise((resolve) => setTimeout(resolve, index * 100));
        const stateDir = join(parent, name);
        return startStack({ root, stateDir, services: [], restart: false, durable: false });
      }),
    );
    try {
      const servers = stacks.flatMap(({ description: { postgres, nats, chain, tsa } }) => [
        String(postgres.port),
        nats.url,
        chain.rpcUrl,
        ...(tsa ? [tsa.url] : []),
      ]);
      expect(new Set(servers).size).toBe(servers.length);
      // Each talks to its own: the payers of the others have nothing there.
      for (const { description } of stacks)
        for (const other of stacks) {
          const { payer } = other.description.chain;
          const data = `0x70a08231${payer.slice(2).padStart(64, '0')}`;
          const call = [{ to: description.chain.usdc, data }, 'latest'];
          const balance = BigInt(await callRpc<string>(description.chain.rpcUrl, 'eth_call', call));
          expect(balance > 0n).toBe(description === other.description);
        }
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
  }, 60_000);

  it('gives each service its own secrets and nothing of the launcher', async () => {
    const launcher = launch({ root, stateDir, services: chosen, restart: false });
    const { description } = await launcher.event((event) => event.ready === true);
    const environmentOf = async (service: string): Promise<Record<string, string>> => {
      const port = description?.services[service]?.health;
      return (await (await fetch(`http://127.0.0.1:${port}/environment`)).json()) as Record<string, string>;
    };
    const [signer, proofs] = [await environmentOf('signer'), await environmentOf('proof-service')];
    expect(signer['MODEL_SIGNING_KEY_HEX']).toMatch(/^[0-9a-f]{64}$/);
    expect(proofs['MODEL_SIGNING_KEY_HEX']).toBeUndefined();
    expect(signer['DATABASE_URL']).toMatch(/^postgres:\/\/signer:/);
    expect(proofs['DATABASE_URL']).toMatch(/^postgres:\/\/proof-service:/);
    expect(signer['TOUCHSTONE_NATS_PASSWORD']).not.toBe(proofs['TOUCHSTONE_NATS_PASSWORD']);
    expect(Object.keys(proofs)).not.toContain('JEST_WORKER_ID');
    const stored = readFileSync(join(stateDir, 'secrets', 'signer.env'), 'utf8');
    expect(stored).toContain(signer['MODEL_SIGNING_KEY_HEX']);

    expect(await stopRunning(stateDir)).toBe(true);
    expect(await stopRunning(stateDir)).toBe(false);
    expect(processesThatMention(parent)).toEqual([]);
  }, 60_000);

  it('leaves no process behind when the launcher is killed, and starts again on what it left', async () => {
    const launcher = launch({ root, stateDir, services: chosen, restart: true });
    await launcher.event((event) => event.ready === true);
    expect(processesThatMention(parent).length).toBeGreaterThanOrEqual(8);
    launcher.child.kill('SIGKILL');
    // Started at once, while the watchdogs of the killed one may still be stopping their servers.
    const next = launch({ root, stateDir, services: [], restart: true });
    await next.event((event) => event.ready === true);
    next.child.kill('SIGKILL');
    await waitUntil(() => processesThatMention(parent).length === 0, 15_000, 'all processes to end');
    expect(existsSync(join(stateDir, 'lock'))).toBe(true);
    expect(readStack(stateDir)).toBeUndefined();
  }, 60_000);

  it('leaves no initdb behind when the launcher is killed while it creates the cluster', async () => {
    const launcher = launch({ root, stateDir, services: [], restart: true });
    const creating = () => processesThatMention(parent).some((line) => line.includes('initdb -D'));
    await waitUntil(() => creating(), 20_000, 'initdb to run');
    launcher.child.kill('SIGKILL');
    // Sooner than initdb itself takes, so that its own end does not count as a stop.
    await waitUntil(() => !creating(), 1_000, 'initdb to end');
    await waitUntil(() => processesThatMention(parent).length === 0, 15_000, 'all processes to end');
    expect(existsSync(join(stateDir, 'postgres', 'data', 'PG_VERSION'))).toBe(false);
  }, 60_000);

  it('restarts a crashed service with backoff and says so', async () => {
    const launcher = launch({ root, stateDir, services: ['signer'], restart: true });
    const { description } = await launcher.event((event) => event.ready === true);
    const health = description?.services['signer']?.health;
    await fetch(`http://127.0.0.1:${health}/crash`).catch(() => undefined);
    await launcher.event((event) => event.note === 'signer ended (code 9); starting it again in 0.5 s.');
    await launcher.event((event) => event.note === 'signer runs again.');
  }, 60_000);

  it('reports a crashed service or server instead when it is not to restart', async () => {
    const launcher = launch({ root, stateDir, services: ['signer'], restart: false });
    const { description } = await launcher.event((event) => event.ready === true);
    const health = description?.services['signer']?.health;
    await fetch(`http://127.0.0.1:${health}/crash`).catch(() => undefined);
    await expect(launcher.event((event) => event.part === 'signer')).resolves.toMatchObject({
      exit: 'code 9',
    });
    const nats = JSON.parse(readFileSync(join(stateDir, 'run', 'nats.json'), 'utf8')) as { pid: number };
    process.kill(nats.pid, 'SIGKILL');
    await launcher.event((event) => event.part === 'nats');
  }, 60_000);

  it('stops what had started when one service does not start', async () => {
    writeFileSync(
      join(root, 'apps', 'signer', 'bundle', 'main.js'),
      'console.error("no key"); process.exit(4);',
    );
    const launcher = launch({ root, stateDir, services: ['signer'], restart: true });
    const { error } = await launcher.event((event) => event.error !== undefined);
    expect(error).toMatch(/signer ended at its start \(code 4\).*no key/s);
    await waitUntil(() => processesThatMention(parent).length === 0, 10_000, 'all processes to end');
    expect(existsSync(join(stateDir, 'lock'))).toBe(false);
  }, 60_000);
});
