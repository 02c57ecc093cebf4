import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { HubFixture, type Hub } from './support/hub-fixture.js';
import { makeToken } from './support/signing-node.js';

const run = promisify(execFile);
const tools = fileURLToPath(new URL('../../../tools', import.meta.url));
const TOKEN = 'token-of-the-client-of-its-node-0';
const capabilities = [
  'submit_results',
  'heartbeat',
  'zone:worker',
  'gpu:false',
  'model:llama_cpp',
  'größe:𝒳',
  '\uffff',
  'heartbeat',
];
const hash = bytesToHex(
  sha256(
    new TextEncoder().encode(
      canonicalJson(
        [...new Set(capabilities)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      ),
    ),
  ),
);

/** A client that somebody wrote after the description of the protocol alone. */
const written = (now: string, header: string) => `
import hashlib, json, sys, urllib.request
from datetime import datetime, timezone
url, node_id, caps = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
canonical = json.dumps(sorted(set(caps)), separators=(',', ':'), ensure_ascii=False)
body = {
    'node_id': node_id,
    'health': 'GREEN',
    'ts_utc': ${now},
    'attestation': {
        'schema': 'attestation_v1',
        'build_id': 'core-2026.01.15',
        'capability_hash': hashlib.sha256(canonical.encode()).hexdigest(),
        'runtime': {'os': 'linux', 'python': '3.11.7'},
    },
}
headers = {'Content-Type': 'application/json'${header}}
request = urllib.request.Request(url + '/api/hosts/heartbeat', data=json.dumps(body).encode(), headers=headers, method='POST')
print(urllib.request.urlopen(request, timeout=10).read().decode())
`;

let fixture: HubFixture;
let open: Hub;
let closed: Hub;

beforeAll(async () => {
  fixture = await HubFixture.create();
  open = await fixture.start();
  const tokens = { first: TOKEN, second: TOKEN.replace('0', '1'), tool: TOKEN.replace('0', '2') };
  closed = await fixture.start({ TOUCHSTONE_HEARTBEAT_TOKENS: JSON.stringify(tokens) });
}, 60_000);
afterAll(async () => fixture.close());

describe('a client in Python with its standard library (R-NODE-1, R-NODE-2)', () => {
  const times = {
    'datetime.now(timezone.utc)': 'datetime.now(timezone.utc).isoformat()',
    'a naive utcnow()': 'datetime.utcnow().isoformat()',
  };

  it.each(Object.entries(times))('that states the time by %s is taken without tokens', async (_name, now) => {
    const node = `open-${now.length}`;
    const { stdout } = await run('python3', [
      '-W',
      'ignore',
      '-c',
      written(now, ''),
      open.url,
      node,
      JSON.stringify(capabilities),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ nodeId: node, status: 'OK', health: 'GREEN' });
    const kept = await open.node(node);
    expect(kept).toMatchObject({ firstSeen: { buildId: 'core-2026.01.15', capabilityHash: hash } });
    // Stated in UTC, whatever the zone of this machine is.
    expect(Math.abs(Date.parse(kept.lastHeartbeat.tsUtc) - Date.now())).toBeLessThan(60_000);
  });

  it.each(Object.entries(times))(
    'that states the time by %s is taken with one header more',
    async (_name, now) => {
      const node = now.includes('utcnow') ? 'first' : 'second';
      const token = node === 'first' ? TOKEN : TOKEN.replace('0', '1');
      const arguments_ = (header: string) => [
        '-W',
        'ignore',
        '-c',
        written(now, header),
        closed.url,
        node,
        JSON.stringify(capabilities),
      ];
      const { stdout } = await run('python3', arguments_(`, 'Authorization': 'Bearer ${token}'`));
      expect(JSON.parse(stdout)).toMatchObject({ nodeId: node, status: 'OK' });
      await expect(run('python3', arguments_(''))).rejects.toThrow('HTTP Error 401');
    },
  );
});

describe('tools/heartbeat_client.py', () => {
  const client = (url: string, more: string[], token?: string) =>
    run('python3', [`${tools}/heartbeat_client.py`, '--url', url, '--node-id', 'tool', ...more], {
      env: { PATH: process.env['PATH'] ?? '', ...(token && { TOUCHSTONE_HEARTBEAT_TOKEN: token }) },
    });
  const attested = ['--build', 'core-1', ...capabilities.flatMap((each) => ['--capability', each])];

  it('sends a heartbeat, with the token of its node where the hub wants one', async () => {
    const { stdout } = await client(open.url, attested);
    expect(JSON.parse(stdout)).toMatchObject({ nodeId: 'tool', status: 'OK' });
    expect(await open.node('tool')).toMatchObject({ firstSeen: { buildId: 'core-1', capabilityHash: hash } });
    const { stdout: bare } = await client(closed.url, ['--health', 'RED'], TOKEN.replace('0', '2'));
    expect(JSON.parse(bare)).toMatchObject({ status: 'MISSING', health: 'RED' });
  });

  it('says why it is refused, and that nobody answers', async () => {
    await expect(client(closed.url, attested)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"code":"unauthenticated"'),
    });
    await expect(client('http://127.0.0.1:9', attested)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not answer'),
    });
  });
});

describe('tools/heartbeat_client.py with a key (R-NODE-7)', () => {
  // Without the packages of the machine (-S) there is no `cryptography`, and openssl signs.
  it.each([
    ['as Python finds its packages', []],
    ['by openssl alone', ['-S']],
  ])('joins, signs and goes on after a pause, %s', async (_how, flags) => {
    const node = `key-${flags.length}`;
    const folder = mkdtempSync(join(tmpdir(), 'heartbeat-key-'));
    const client = (...more: string[]) =>
      run('python3', [
        ...[...flags, `${tools}/heartbeat_client.py`, '--url', open.url, '--node-id', node],
        ...['--build', 'größe "1"', '--capability', 'heartbeat', '--key', join(folder, 'key.pem'), ...more],
      ]);
    try {
      const { token } = await makeToken(open, node);
      const first = await client('--join', token);
      expect(JSON.parse(first.stdout)).toMatchObject({ status: 'OK', nonce: expect.stringMatching(/^2\./) });
      const second = await client();
      expect(JSON.parse(second.stdout)).toMatchObject({ status: 'OK', nonce: expect.stringMatching(/^3\./) });
      expect((await open.node(node)).key).toMatch(/^[0-9a-f]{64}$/);
      expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
      await expect(client('--join', token)).rejects.toMatchObject({
        stderr: expect.stringContaining('token-used'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
