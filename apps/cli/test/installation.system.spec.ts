import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningStack } from '@touchstone/embedded';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits } from '../src/demo/digits.js';
import { readSecret } from '../src/stack/read-secret.js';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
/** The port of nothing: no service is reached there. */
const NOWHERE = 'http://127.0.0.1:1';

let stateDir: string;
let stack: RunningStack;
let token: string;
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-installation-'));
  stack = await startTestStack(stateDir);
  token = readSecret(stateDir, 'signer', 'TOUCHSTONE_BATCH_CALLERS');
}, START_TIMEOUT_MS);
afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const url = (service: 'signer' | 'proof-service' | 'inference-gateway'): string =>
  stack.description.urls[service] as string;
const smoke = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
  touchstone(['smoke', '--signer', url('signer'), '--proofs', url('proof-service'), ...more], { env });

describe('touchstone smoke', () => {
  it('signs, logs and verifies one event, and says by whose keys', async () => {
    const { status, stdout } = await smoke({ TOUCHSTONE_BATCH_TOKEN: token });
    expect(stdout).toContain('by the keys that the signer itself names.');
    expect(status).toBe(0);
  });

  it('takes the token from a file, and answers as JSON', async () => {
    const path = join(stateDir, 'token');
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    const { status, stdout } = await smoke({ TOUCHSTONE_BATCH_TOKEN_FILE: path }, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'touchstone.smoke.v1', result: 'VALID', label: 'L1' });
    expect(status).toBe(0);
  });

  it('says what is missing: a token, a file, a token that the signer knows, a service', async () => {
    expect(await smoke({})).toMatchObject({ status: 5 });
    const none = await smoke({ TOUCHSTONE_BATCH_TOKEN_FILE: join(stateDir, 'absent') });
    expect(none.stderr).toContain('cannot be read (ENOENT)');
    expect(none.status).toBe(5);
    expect(await smoke({ TOUCHSTONE_BATCH_TOKEN: 'f'.repeat(64) })).toMatchObject({ status: 4 });
    const env = { TOUCHSTONE_BATCH_TOKEN: token };
    const away = await touchstone(['smoke', '--signer', NOWHERE, '--proofs', NOWHERE], { env });
    expect(away).toMatchObject({ status: 4 });
    const typed = await touchstone(['smoke', '--signer', 'signer:8081', '--proofs', NOWHERE], { env });
    expect(typed).toMatchObject({ status: 2 });
  });
});

describe('touchstone trust export of an installation', () => {
  const exported = (...args: readonly string[]) => touchstone(['trust', 'export', ...args]);

  it('verifies an answer of that installation, with its signer and gateway named', async () => {
    const [digit] = await heldOutDigits(checkout, 1);
    const request = join(stateDir, 'digit.json');
    const evidence = join(stateDir, 'evidence.json');
    const trust = join(stateDir, 'trust.json');
    writeFileSync(request, digit?.body ?? '');
    const asked = ['infer', 'digits', '--input', request, '--pay', '--evidence', evidence];
    expect(await touchstone([...asked, '--state', stateDir])).toMatchObject({ status: 0 });
    const services = ['--signer', url('signer'), '--gateway', `${url('inference-gateway')}/`];
    expect(await exported(...services, '--out', trust)).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(trust, 'utf8'))).toMatchObject({ chains: [], tsas: [], independent: [] });
    const verified = await touchstone(['verify', evidence, '--trust', trust, '--require', 'L1']);
    expect(verified.stdout).toContain('Enough for L1.');
    expect(verified.status).toBe(0);
  });

  it('names no model without a gateway', async () => {
    const { status, stdout } = await exported('--signer', url('signer'));
    expect(JSON.parse(stdout)).toMatchObject({ models: [] });
    expect(status).toBe(0);
  });

  it('refuses a gateway without a signer, and networks that it does not know', async () => {
    const alone = await exported('--gateway', url('inference-gateway'));
    expect(alone.stderr).toContain('give --signer as well');
    expect(alone.status).toBe(2);
    const networks = await exported('--signer', url('signer'), '--independent', 'eip155:1');
    expect(networks.status).toBe(2);
  });
});
