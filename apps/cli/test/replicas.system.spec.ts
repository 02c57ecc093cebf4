import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import { serviceNames, type ServiceName } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import {
  serviceDatabaseUrl,
  Supervisor,
  type RunningStack,
  type StackDescription,
  type StackOptions,
} from '@touchstone/embedded';
import { readCheckpoint, readTrustFile, verifyEvidence, type EvidenceBundle } from '@touchstone/evidence';
import { leafHashOfText, merkleRoot } from '@touchstone/merkle';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits, infer, type Digit } from '../src/demo/digits.js';
import { balanceOf, chainOf } from '../src/stack/chain.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { exportTrust, trustText } from '../src/stack/export-trust.js';
import { createPayer, developmentPayer, PAYMENT_HEADER, type Payer } from '../src/stack/payer.js';
import { secondService, type SecondService } from './support/second-service.js';
import { startTestStack } from './support/test-stack.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 180_000;
const INFERENCES = 64;
/** After so many answers one process of each service is killed. */
const KILL_AFTER = 20;
const CONCURRENCY = 8;
const PRICE = 10_000n;
/** How long one paid request may be repeated until it is answered. */
const ANSWER_TIMEOUT_MS = 60_000;
/** What a killed gateway held is free for a retry after so many seconds, so that the spec does not wait a minute. */
const SETTINGS: NonNullable<StackOptions['settings']> = {
  'payment-verifier': { TOUCHSTONE_PAYMENT_LEASE_SECONDS: '5' },
};
/** Of these the first process is killed, of the others the second. */
const KILLED_FIRST: readonly ServiceName[] = ['signer', 'anchor-worker', 'payment-verifier'];

let stateDir: string;
let stack: RunningStack;
let replicas: Supervisor;
let second: Record<ServiceName, SecondService>;
let payer: Payer;
let digits: Digit[];
let gateways: string[];
/** The stack as it is reached once one process of each service is gone. */
let survivors: StackDescription;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-replicas-'));
  stack = await startTestStack(stateDir, { settings: SETTINGS });
  replicas = new Supervisor({ restart: false, announce: () => undefined, onExit: () => undefined });
  const planned: [ServiceName, SecondService][] = [];
  for (const service of serviceNames)
    planned.push([service, await secondService(stack, stateDir, service, SETTINGS[service])]);
  second = Object.fromEntries(planned) as Record<ServiceName, SecondService>;
  await Promise.all(planned.map(([, { plan }]) => replicas.start(plan)));
  const { urls } = stack.description;
  const moved = KILLED_FIRST.map((service) => [service, second[service].url]);
  survivors = { ...stack.description, urls: { ...urls, ...Object.fromEntries(moved) } };
  gateways = [urls['inference-gateway'] ?? '', second['inference-gateway'].url];
  payer = createPayer(stack.description, developmentPayer(stateDir));
  digits = await heldOutDigits(checkout, INFERENCES + 1);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await replicas?.stop();
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

const inferUrl = (gateway: number): string => `${gateways[gateway % 2]}/v1/models/digits/infer`;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends a request to one gateway; a process that is gone answers 0. */
async function ask(gateway: number, digit: Digit, payment?: string): Promise<Answer> {
  try {
    const headers = payment === undefined ? {} : { [PAYMENT_HEADER]: payment };
    const response = await infer(fetch, inferUrl(gateway), digit.body, headers);
    return { status: response.status, text: await response.text() };
  } catch {
    return { status: 0, text: '' };
  }
}

/** A payment for one request, signed by the official client and not sent yet. */
async function paymentFor(gateway: number, digit: Digit): Promise<string> {
  for (const at of [gateway, gateway + 1]) {
    const asked = await infer(fetch, inferUrl(at), digit.body).catch(() => undefined);
    await asked?.body?.cancel();
    const required = asked?.status === 402 ? asked.headers.get('payment-required') : null;
    if (required) return await payer.payment(decodePaymentRequiredHeader(required));
  }
  throw new Error('neither gateway asks for a payment');
}

/** Repeats one paid request, at one gateway after the other, until it is answered. */
async function answerOf(first: number, digit: Digit, payment: string): Promise<string> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  const seen: string[] = [];
  for (let at = first; Date.now() < deadline; at += 1) {
    const { status, text } = await ask(at, digit, payment);
    if (status === 200) return text;
    seen.push(`${status} ${text.slice(0, 200)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no answer for digit ${digit.index}: ${[...new Set(seen)].join('\n')}`);
}

const verificationOf = (text: string): string =>
  (JSON.parse(text) as { verificationId: string }).verificationId;

function killOneOfEach(): void {
  for (const service of serviceNames) {
    const pids = KILLED_FIRST.includes(service) ? stack.pids() : replicas.pids();
    process.kill(pids[service] as number, 'SIGKILL');
  }
}

async function rows<T>(service: ServiceName, sql: string): Promise<T[]> {
  const { postgres } = stack.description;
  const client = new pg.Client({
    connectionString: serviceDatabaseUrl(postgres.port, service, stack.secrets.rolePasswords[service]),
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

describe('two processes of each service, and one of each killed', () => {
  const payments: string[] = [];
  const answers: string[] = [];
  let before: bigint;
  let evidence: { text: string; bundle: EvidenceBundle }[];
  const balance = () => balanceOf(chainOf(stack.description), stack.description, payer.account.address);

  it(`answers ${INFERENCES} payments, each sent to both gateways at once, once each`, async () => {
    before = await balance();
    let next = 0;
    let answered = 0;
    let killed = false;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < INFERENCES; index = next++) {
        const digit = digits[index] as Digit;
        const payment = await paymentFor(index, digit);
        payments[index] = payment;
        const [here, there] = await Promise.all([
          answerOf(index, digit, payment),
          answerOf(index + 1, digit, payment),
        ]);
        expect(there).toBe(here);
        answers[index] = here;
        answered += 1;
        if (answered >= KILL_AFTER && !killed) {
          killed = true;
          killOneOfEach();
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    expect(killed).toBe(true);
    expect(new Set(answers.map(verificationOf)).size).toBe(INFERENCES);
  }, 150_000);

  it('charged each payment once', async () => {
    expect(before - (await balance())).toBe(BigInt(INFERENCES) * PRICE);
    expect(await ask(0, digits[3] as Digit, payments[3])).toEqual({ status: 200, text: answers[3] });
    const stolen = await ask(0, digits[INFERENCES] as Digit, payments[5]);
    expect(stolen.status).toBe(409);
    expect(before - (await balance())).toBe(BigInt(INFERENCES) * PRICE);
  });

  it('gives every answer evidence that verifies offline', async () => {
    evidence = [];
    for (const answer of answers) {
      const text = await anchoredEvidence(survivors, verificationOf(answer), 60_000);
      evidence.push({ text, bundle: JSON.parse(text) as EvidenceBundle });
    }
    const trust = readTrustFile(trustText(await exportTrust(survivors)));
    for (const { text } of evidence) {
      expect(verifyEvidence(text, { trust, nowMs: Date.now() })).toMatchObject({
        result: 'VALID',
        label: 'L2-test',
      });
    }
  }, 120_000);

  it('holds every output exactly once in one batch of the log', async () => {
    const places = evidence.map(({ bundle }) => `${bundle.entry} ${bundle.inclusion.leafIndex}`);
    expect(new Set(places).size).toBe(INFERENCES);
    const leaves = await rows<{ verification_id: string; batches: string }>(
      'anchor-worker',
      'SELECT verification_id, count(batch_id) AS batches FROM anchors.leaf GROUP BY verification_id',
    );
    expect(leaves.map(({ verification_id }) => verification_id).sort()).toEqual(
      answers.map(verificationOf).sort(),
    );
    expect(leaves.filter(({ batches }) => batches !== '1')).toEqual([]);
    const [{ total } = { total: '' }] = await rows<{ total: string }>(
      'anchor-worker',
      'SELECT sum(leaf_count) AS total FROM anchors.batch',
    );
    expect(total).toBe(String(INFERENCES));
  });

  it('has one log: every checkpoint ever served is the root of its first entries', async () => {
    const entries = await rows<{ log_index: string; entry: string }>(
      'anchor-worker',
      'SELECT log_index, entry FROM anchors.log_entry ORDER BY log_index',
    );
    expect(entries.map(({ log_index }) => Number(log_index))).toEqual(entries.map((_, index) => index));
    expect(new Set(entries.map(({ entry }) => entry)).size).toBe(entries.length);
    const hashes = entries.map(({ entry }) => leafHashOfText(entry));
    const published = await rows<{ note: string }>('anchor-worker', 'SELECT note FROM anchors.checkpoint');
    const served = evidence.flatMap(({ bundle }) => bundle.logProofs.map(({ checkpoint }) => checkpoint));
    for (const note of new Set([...published.map(({ note }) => note), ...served])) {
      const checkpoint = readCheckpoint(note);
      const size = Number(checkpoint?.size);
      expect(size).toBeLessThanOrEqual(entries.length);
      expect(bytesToHex(checkpoint?.root ?? new Uint8Array())).toBe(
        bytesToHex(merkleRoot(hashes.slice(0, size))),
      );
    }
    expect(published.length).toBeGreaterThan(1);
  });
});
