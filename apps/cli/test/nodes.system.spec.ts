import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningStack } from '@touchstone/embedded';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone as runTouchstone, type Ended } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;

interface Played {
  readonly ok: boolean;
  readonly checks: readonly { what: string; ok: boolean }[];
  readonly remaining: readonly string[];
}

let stateDir: string;
let stack: RunningStack;
let url: string;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-nodes-'));
  stack = await startTestStack(stateDir, {
    services: ['attestation-hub'],
    environment: { ...process.env, TOUCHSTONE_HEARTBEAT_TOKENS: 'off' },
  });
  url = stack.description.urls['attestation-hub'] ?? '';
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const touchstone = (...args: string[]): Promise<Ended> => runTouchstone([...args, '--state', stateDir]);

describe('touchstone nodes play (R-NODE-8)', () => {
  it('plays everything against a running hub, checks it with the audit, and removes its nodes', async () => {
    const { status, stdout, stderr } = await touchstone('nodes', 'play', '--json');
    const { ok, checks, remaining } = JSON.parse(stdout) as Played;
    expect({ status, stderr, ok, remaining, differs: checks.filter((each) => !each.ok) }).toEqual({
      ...{ status: 0, stderr: '', ok: true, remaining: [], differs: [] },
    });
    for (const scene of ['first-seen', 'drift', 'flip-flop', 'runtime', 'missing'])
      expect(checks.map(({ what }) => what)).toContain(`${scene}, in the audit`);
    expect((await touchstone('nodes', 'list')).stdout).toBe('No nodes.\n');
  }, 30_000);

  it('leaves what it may not remove, which list and show then tell of', async () => {
    const played = await runTouchstone(['nodes', 'play', '--url', url, '--prefix', 'left']);
    expect(played).toMatchObject({ status: 0, stderr: '' });
    expect(played.stdout).toContain('The hub keeps left-first-seen, left-drift, left-flip-flop');
    const listed = await touchstone('nodes', 'list', '--status', 'SPOOF_SUSPECT', '--json');
    const { nodes } = JSON.parse(listed.stdout) as { nodes: { nodeId: string }[] };
    expect(nodes.map(({ nodeId }) => nodeId)).toEqual(['left-flip-flop', 'left-runtime']);
    expect((await touchstone('nodes', 'list')).stdout).toMatch(/^left-drift +DRIFT +RED +1 +0 /m);
    const shown = await touchstone('nodes', 'show', 'left-flip-flop');
    expect(shown.stdout).toMatch(/^status +SPOOF_SUSPECT since /m);
    expect(shown.stdout).toMatch(/^health +YELLOW, reports GREEN$/m);
    const detail = await touchstone('nodes', 'show', 'left-flip-flop', '--json');
    expect(JSON.parse(detail.stdout)).toMatchObject({ driftCount: 1, spoofCount: 1 });
  }, 30_000);

  it('ends with 1 and what differed where the hub holds something else of a node', async () => {
    const again = await runTouchstone(['nodes', 'play', '--url', url, '--prefix', 'left']);
    expect(again.status).toBe(1);
    expect(again.stdout).toContain(
      'differs drift, heartbeat 1: expected OK GREEN, the hub says SPOOF_SUSPECT YELLOW',
    );
    const token = /TOUCHSTONE_OPERATOR_TOKEN=(\S+)/.exec(
      readFileSync(join(stateDir, 'secrets', 'operator.env'), 'utf8'),
    )?.[1];
    const env = { TOUCHSTONE_OPERATOR_TOKEN: token ?? '' };
    const cleaning = await runTouchstone(['nodes', 'play', '--url', url, '--prefix', 'left'], { env });
    expect(cleaning.status).toBe(1);
    expect((await touchstone('nodes', 'list')).stdout).toBe('No nodes.\n');
  }, 30_000);
});

describe('touchstone nodes approve, rollout and quarantine', () => {
  const beat = async (build: string) => {
    const attestation = {
      ...{ schema: 'attestation_v1', build_id: build, capability_hash: 'ab'.repeat(32), runtime: {} },
    };
    const message = { node_id: 'op-1', health: 'GREEN', ts_utc: new Date().toISOString(), attestation };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/hosts/heartbeat`, {
      method: 'POST',
      headers,
      body: JSON.stringify(message),
    });
    return ((await response.json()) as { status: string }).status;
  };
  const build = ['--build', 'B', '--capabilities', 'ab'.repeat(32)];

  it('decide, show what they did, and say it to programs', async () => {
    expect([await beat('A'), await beat('B')]).toEqual(['OK', 'DRIFT']);
    const approved = await touchstone('nodes', 'approve', 'op-1', '--current');
    expect(approved).toMatchObject({ status: 0, stderr: '' });
    expect(approved.stdout).toContain('op-1: these builds are right: the first one, B abab');
    expect(await beat('B')).toBe('OK');
    const started = await touchstone('nodes', 'rollout', 'start', 'r-1', ...build, '--node', 'op-1');
    expect(started.stdout).toMatch(/^r-1 +open +op-1 +B /m);
    const ended = await touchstone('nodes', 'rollout', 'end', 'r-1', '--json');
    expect(JSON.parse(ended.stdout)).toMatchObject({ name: 'r-1', state: 'completed' });
    expect((await touchstone('nodes', 'rollout', 'list', '--only', 'open')).stdout).toBe('No rollouts.\n');
    const held = await touchstone('nodes', 'quarantine', 'op-1', '--reason', 'a test');
    expect(held.stdout).toBe('op-1 is in quarantine, and not blocked.\n');
    const shown = await touchstone('nodes', 'show', 'op-1');
    expect(shown.stdout).toMatch(
      /^policy +zone default \(observe\), would be blocked \(quarantined: a test\)$/m,
    );
    expect(shown.stdout).toMatch(/^right builds +B abab/m);
    expect((await touchstone('nodes', 'list')).stdout).toMatch(/^op-1 .* quarantined /m);
    const lifted = await touchstone('nodes', 'quarantine', 'op-1', '--lift', '--json');
    expect(JSON.parse(lifted.stdout)).toEqual({ nodeId: 'op-1', quarantine: null, blocked: false });
  }, 60_000);

  it('end with 4 and the reason where the hub refuses', async () => {
    for (const args of [
      ['approve', 'nobody', '--current'],
      ['rollout', 'end', 'nothing'],
    ]) {
      const ended = await touchstone('nodes', ...args);
      expect([ended.status, ended.stderr]).toEqual([4, expect.stringContaining('not-found')]);
    }
    const stranger = await runTouchstone(['nodes', 'quarantine', 'op-1', '--url', url]);
    expect([stranger.status, stranger.stderr]).toEqual([4, expect.stringContaining('unauthenticated')]);
  }, 30_000);
});

describe('touchstone nodes join', () => {
  it('registers a key with a token, which is good once, and the operator revokes it', async () => {
    const made = await touchstone('nodes', 'join-token', 'signer-1');
    expect(made.stdout).toMatch(/^[\w-]{43}\n$/);
    const key = join(stateDir, 'signer-1.pem');
    const env = { TOUCHSTONE_JOIN_TOKEN: made.stdout.trim() };
    const joined = await runTouchstone(['nodes', 'join', 'signer-1', '--key', key, '--url', url, '--json'], {
      env,
    });
    expect(joined).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(joined.stdout)).toMatchObject({
      nodeId: 'signer-1',
      nonce: expect.stringMatching(/^1\./),
    });
    expect(readFileSync(key, 'utf8')).toContain('PRIVATE KEY');
    const again = await runTouchstone(['nodes', 'join', 'signer-1', '--key', key, '--url', url], { env });
    expect([again.status, again.stderr]).toEqual([4, expect.stringContaining('token-used')]);
    expect((await touchstone('nodes', 'revoke-key', 'signer-1')).stdout).toContain('is revoked');
    expect((await touchstone('nodes', 'revoke-key', 'signer-1')).status).toBe(4);
  }, 30_000);

  it('needs a token and a key, and shows no file that is none', async () => {
    const path = join(stateDir, 'no-key.pem');
    writeFileSync(path, 'hunter2');
    const join_ = (env: Record<string, string>) =>
      runTouchstone(['nodes', 'join', 'a', '--key', path, '--url', url], { env });
    expect((await join_({ TOUCHSTONE_JOIN_TOKEN: '' })).status).toBe(2);
    const refused = await join_({ TOUCHSTONE_JOIN_TOKEN: 'x'.repeat(43) });
    expect([refused.status, refused.stderr]).toEqual([4, expect.stringContaining('no Ed25519 private key')]);
    expect(refused.stderr).not.toContain('hunter2');
  }, 30_000);
});

describe('touchstone nodes', () => {
  it.each([
    [['show', 'nobody'], 4, 'not-found: No heartbeat of a node nobody ever came.'],
    [['list', '--url', 'hub'], 2, 'hub is no URL such as http://127.0.0.1:8787.'],
    [['play', '--threshold', '2'], 2, 'nothing to play'],
  ])('%j ends with %i', async (args, status, message) => {
    const ended = await touchstone('nodes', ...args);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(message);
  });

  it('play sends the tokens of a file, and refuses one that holds something else without showing it', async () => {
    const path = join(stateDir, 'tokens.json');
    writeFileSync(path, '["hunter2"]');
    const refused = await touchstone('nodes', 'play', '--tokens', path);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('no JSON object of node ids'),
    ]);
    expect(refused.stderr).not.toContain('hunter2');
  });
});
