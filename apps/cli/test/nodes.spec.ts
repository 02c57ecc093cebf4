import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOKENS_FILE_BYTES_MAX } from '../src/nodes/play.js';
import { touchstone } from './support/touchstone.js';

const AT = '2026-01-02T03:04:05.678Z';
const seen = { at: AT, buildId: 'A\u001b[2J', capabilityHash: 'ab'.repeat(32) };

/** A hub that calls every node OK, as one without rules does. */
const node = (nodeId: string) => ({
  ...{ nodeId, status: 'OK', judged: 'OK', stale: false, ageMs: 0, health: 'GREEN', reportedHealth: 'GREEN' },
  ...{ firstSeen: { ...seen, runtime: {} }, lastSeen: seen, driftCount: 0, spoofCount: 0, lastChange: AT },
  ...{ zone: 'default', mode: 'observe', quarantine: null, blocked: false, reason: null, key: null },
  lastHeartbeat: { at: AT, tsUtc: AT, clockSkewMs: null },
  reporter: { current: 'http', previous: null, changedAt: null },
});

let server: Server;
let url: string;
let folder: string;
const tokens: (string | undefined)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-hub-'));
  server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path === '/metrics') return void response.end('attestation_ok 1\n');
    response.setHeader('content-type', 'application/json');
    if (path.startsWith('/v1/nodes?')) {
      const first = !path.includes('cursor');
      const page = { nodes: [node(first ? 'a' : 'b')], nextCursor: first ? 'a' : null };
      return void response.end(JSON.stringify(page));
    }
    if (path === '/api/hosts/heartbeat') {
      tokens.push(request.headers.authorization);
      const answer = {
        nodeId: 'x',
        status: 'OK',
        health: 'GREEN',
        lastSeen: AT,
        clockSkewMs: null,
        nonce: null,
      };
      return void response.end(JSON.stringify(answer));
    }
    response.end(
      JSON.stringify({
        ...{ ...node('x'), history: [], baseline: { firstSeenCounts: true, builds: [] }, rollouts: [] },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe('touchstone nodes play (R-NODE-8)', () => {
  it('finds a hub without rules out, and ends with 1', async () => {
    const { status, stdout } = await touchstone(['nodes', 'play', '--url', url, '--json']);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { what: string; ok: boolean }[] };
    expect([status, ok]).toEqual([1, false]);
    const differs = checks.filter((each) => !each.ok).map(({ what }) => what);
    expect(differs).toEqual(
      expect.arrayContaining(['drift, heartbeat 2', 'flip-flop, heartbeat 3', 'missing, heartbeat 1']),
    );
    expect(differs).toContain('attestation_spoof_1m');
    expect(differs.filter((what) => what.startsWith('first-seen'))).toEqual([]);
  });

  it('sends each node its token', async () => {
    const path = join(folder, 'tokens.json');
    writeFileSync(path, JSON.stringify({ 'p-drift': 'd'.repeat(32) }));
    tokens.length = 0;
    await touchstone(['nodes', 'play', '--url', url, '--prefix', 'p', '--tokens', path]);
    expect(tokens.filter((token) => token === `Bearer ${'d'.repeat(32)}`)).toHaveLength(4);
    expect(tokens.filter((token) => token === undefined).length).toBeGreaterThan(4);
  });

  it('reads at most TOKENS_FILE_BYTES_MAX of tokens', async () => {
    const path = join(folder, 'large.json');
    const play = (bytes: number) => {
      writeFileSync(path, '{}'.padEnd(bytes));
      return touchstone(['nodes', 'play', '--url', url, '--tokens', path]);
    };
    expect((await play(TOKENS_FILE_BYTES_MAX)).status).toBe(1);
    expect((await play(TOKENS_FILE_BYTES_MAX + 1)).status).toBe(4);
  });
});

describe('touchstone nodes list', () => {
  it('shows every page, and nothing that steers the terminal', async () => {
    const { status, stdout } = await touchstone(['nodes', 'list', '--url', url]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^a .*\nb /m);
    expect(stdout).not.toContain('\u001b[2J');
  });
});

describe.each([
  ['approve without a build', ['approve', 'a']],
  ['approve with two', ['approve', 'a', '--current', '--build', 'b', '--capabilities', 'ab'.repeat(32)]],
  ['quarantine in both directions', ['quarantine', 'a', '--lift', '--reason', 'x']],
  ['a rollout of nobody', ['rollout', 'start', 'r', '--build', 'b', '--capabilities', 'ab'.repeat(32)]],
  [
    'a rollout of both',
    [
      ...[
        'rollout',
        'start',
        'r',
        '--build',
        'b',
        '--capabilities',
        'ab'.repeat(32),
        '--prefix',
        'a',
        '--node',
        'b',
      ],
    ],
  ],
])('touchstone nodes: %s', (_what, args) => {
  it('ends with 2 and asks nobody', async () => {
    const { status, stdout } = await touchstone(['nodes', ...args, '--url', 'http://127.0.0.1:1']);
    expect([status, stdout]).toEqual([2, '']);
  });
});
