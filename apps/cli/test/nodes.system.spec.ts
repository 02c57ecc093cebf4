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
