import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { encodeFunctionData, parseTransaction, recoverTransactionAddress, type Hex } from 'viem';
import { SIGN_OUTPUTS_MAX, type KeySet, type RpcRequest } from '@touchstone/contracts';
import { bytesToHex, ecdsaVerify, hexToBytes, parseSignature, sha256 } from '@touchstone/crypto';
import { anchorRegistry, testUsdc } from '@touchstone/evm-contracts';
import { openWithKeys, outputDigest } from '@touchstone/evidence';
import { buildTree, consistencyProof, leafHash } from '@touchstone/merkle';
import type { RpcClient } from '@touchstone/nats';
import type { RunningService } from '@touchstone/platform';
import {
  ANCHOR_CONTRACT,
  ASSET,
  CHAIN_ID,
  GATEWAY_TOKEN,
  ORIGIN,
  SignerFixture,
  WORKER_TOKEN,
} from './signer-fixture.js';

const payload = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp: 1_763_632_800,
};
const leaves = Array.from({ length: 20 }, (_, index) => leafHash(Uint8Array.of(index)));

function checkpoint(size: number, fromSize: number): RpcRequest<'signer', 'sign-checkpoint'> {
  const proof = fromSize === 0 ? [] : consistencyProof(leaves.slice(0, size), fromSize);
  return {
    origin: ORIGIN,
    size: String(size),
    root: bytesToHex(buildTree(leaves.slice(0, size)).root),
    consistency: { fromSize: String(fromSize), proof: proof.map(bytesToHex) },
  };
}

let fixture: SignerFixture;
let service: RunningService;
let gateway: RpcClient;
let worker: RpcClient;
let payments: RpcClient;

beforeAll(async () => {
  fixture = await SignerFixture.create();
  service = await fixture.start();
  [gateway, worker, payments] = await Promise.all([
    fixture.client('inference-gateway'),
    fixture.client('anchor-worker'),
    fixture.client('payment-verifier'),
  ]);
});

afterAll(() => fixture.close());

async function rows<T>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: fixture.database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

describe('sign-output', () => {
  it('signs the canonical payload with the published key, the same way each time (R-SIGN-1..3)', async () => {
    const { proof } = await gateway.call('signer', 'sign-output', payload);
    const again = await gateway.call('signer', 'sign-output', payload);
    expect(again.proof).toEqual(proof);
    const { keySet } = await gateway.call('signer', 'key-set', {});
    const key = keySet.keys.find(({ kid }) => kid === proof.keyId);
    const signature = parseSignature(proof.signature);
    if (!('compact' in signature)) throw new Error(signature.error);
    const publicKey = hexToBytes(key?.public_key ?? '') ?? new Uint8Array();
    expect(ecdsaVerify(outputDigest(payload, 'model-output-v1'), signature.compact, publicKey)).toBe('ok');
  });

  it('writes both signature formats', async () => {
    const compact = await gateway.call('signer', 'sign-output', { ...payload, format: 'compact' });
    expect(compact.proof.signature).toHaveLength(128);
  });

  it('signs several outputs at once, each as alone, and records each', async () => {
    const nonces = [2, 3, 4].map((byte) => bytesToHex(sha256(Uint8Array.of(byte))));
    const payloads = nonces.map((nonce) => ({ ...payload, nonce }));
    const { proofs } = await gateway.call('signer', 'sign-outputs', { payloads });
    const alone = await Promise.all(payloads.map((one) => gateway.call('signer', 'sign-output', one)));
    expect(proofs).toEqual(alone.map(({ proof }) => proof));
    for (const one of payloads) {
      const digest = bytesToHex(outputDigest(one, 'model-output-v1'));
      const found = await rows(
        `SELECT caller, operation FROM signer.signing_audit WHERE encode(digest, 'hex') = '${digest}'`,
      );
      expect(found).toEqual(Array(2).fill({ caller: 'inference-gateway', operation: 'sign-output' }));
    }
  });

  it.each([0, SIGN_OUTPUTS_MAX + 1])('refuses %d outputs at once', async (count) => {
    const payloads = Array.from({ length: count }, () => payload);
    await expect(gateway.call('signer', 'sign-outputs', { payloads })).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });

  it('records every signature before it leaves', async () => {
    const nonce = bytesToHex(sha256(Uint8Array.of(1)));
    await gateway.call('signer', 'sign-output', { ...payload, nonce });
    const digest = bytesToHex(outputDigest({ ...payload, nonce }, 'model-output-v1'));
    const found = await rows(
      `SELECT caller, operation, result FROM signer.signing_audit WHERE encode(digest, 'hex') = '${digest}'`,
    );
    expect(found).toEqual([{ caller: 'inference-gateway', operation: 'sign-output', result: 'signed' }]);
  });

  it.each([
    ['a short hash', { inputHash: 'ab' }],
    ['an upper-case hash', { nonce: 'AB'.repeat(32) }],
    ['a negative time', { timestamp: -1 }],
    ['a time beyond 2^53', { timestamp: 2 ** 53 }],
  ])('refuses %s', async (_name, change) => {
    const request = { ...payload, ...change };
    await expect(gateway.call('signer', 'sign-output', request)).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });
});

describe('the policy per caller', () => {
  it('refuses the gateway on checkpoints and transactions at the bus', async () => {
    const transaction = anchorTransaction();
    await expect(gateway.call('signer', 'sign-checkpoint', checkpoint(3, 0))).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(gateway.call('signer', 'sign-transaction', transaction)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('lets each chain key serve its own caller and contract alone, and records refusals', async () => {
    const signed = await worker.call('signer', 'sign-transaction', anchorTransaction());
    const { addresses } = await worker.call('signer', 'key-set', {});
    expect(signed.from).toBe(addresses.anchor);
    const raw = signed.rawTransaction as Hex;
    expect(
      (await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })).toLowerCase(),
    ).toBe(addresses.anchor);
    expect(parseTransaction(raw)).toMatchObject({ chainId: CHAIN_ID, nonce: 0, to: ANCHOR_CONTRACT });
    const refused = { code: 'signing-refused' };
    await expect(payments.call('signer', 'sign-transaction', anchorTransaction())).rejects.toMatchObject(
      refused,
    );
    await expect(
      worker.call('signer', 'sign-transaction', { ...settlementTransaction() }),
    ).rejects.toMatchObject(refused);
    await expect(
      worker.call('signer', 'sign-transaction', anchorTransaction({ to: ASSET })),
    ).rejects.toMatchObject(refused);
    await expect(
      worker.call('signer', 'sign-transaction', anchorTransaction({ value: '1' })),
    ).rejects.toMatchObject(refused);
    const [count] = await rows<{ refused: number }>(
      `SELECT count(*)::int AS refused FROM signer.signing_audit WHERE result = 'refused' AND operation = 'sign-transaction'`,
    );
    expect(count?.refused).toBe(4);
    expect((await payments.call('signer', 'sign-transaction', settlementTransaction())).from).toBe(
      addresses.settlement,
    );
  });
});

describe('sign-checkpoint', () => {
  it('extends the log, repeats the last note, and never signs a second history', async () => {
    const first = await worker.call('signer', 'sign-checkpoint', checkpoint(3, 0));
    expect(await worker.call('signer', 'sign-checkpoint', checkpoint(3, 0))).toEqual(first);
    const second = await worker.call('signer', 'sign-checkpoint', checkpoint(7, 3));
    const { log } = await worker.call('signer', 'key-set', {});
    expect(openWithKeys(second.note, log.vkey, [])).toMatchObject({
      ok: true,
      checkpoint: { size: 7n, origin: ORIGIN },
    });
    const refused = { code: 'checkpoint-refused' };
    await expect(worker.call('signer', 'sign-checkpoint', checkpoint(3, 0))).rejects.toMatchObject(refused);
    const otherRoot = { ...checkpoint(7, 3), root: '00'.repeat(32) };
    await expect(worker.call('signer', 'sign-checkpoint', otherRoot)).rejects.toMatchObject(refused);
    const badProof = { ...checkpoint(9, 7), consistency: { fromSize: '7', proof: ['00'.repeat(32)] } };
    await expect(worker.call('signer', 'sign-checkpoint', badProof)).rejects.toMatchObject(refused);
    await expect(worker.call('signer', 'sign-checkpoint', checkpoint(9, 3))).rejects.toMatchObject(refused);
    await expect(
      worker.call('signer', 'sign-checkpoint', { ...checkpoint(9, 7), origin: 'other' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is the largest by number, also where one more digit begins', async () => {
    for (let size = 8; size <= 12; size += 1) {
      await worker.call('signer', 'sign-checkpoint', checkpoint(size, size - 1));
    }
    const behind = worker.call('signer', 'sign-checkpoint', checkpoint(10, 9));
    await expect(behind).rejects.toMatchObject({ code: 'checkpoint-refused' });
  });

  it('lets exactly one of two replicas win a race for the next size', async () => {
    await fixture.start();
    const fork = {
      ...checkpoint(13, 12),
      root: bytesToHex(buildTree([...leaves.slice(0, 12), leafHash(Uint8Array.of(99))]).root),
    };
    const forkProof = consistencyProof([...leaves.slice(0, 12), leafHash(Uint8Array.of(99))], 12).map(
      bytesToHex,
    );
    const requests = Array.from({ length: 10 }, (_, index) =>
      worker.call(
        'signer',
        'sign-checkpoint',
        index % 2 === 0 ? checkpoint(13, 12) : { ...fork, consistency: { fromSize: '12', proof: forkProof } },
      ),
    );
    const settled = await Promise.allSettled(requests);
    const notes = new Set(
      settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value.note] : [])),
    );
    expect(notes.size).toBe(1);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    const sizes = await rows<{ size: number }>('SELECT size::int FROM signer.signed_checkpoint ORDER BY 1');
    expect(sizes.map(({ size }) => size)).toEqual([3, 7, 8, 9, 10, 11, 12, 13]);
  });
});

describe('REST', () => {
  const post = (path: string, body: unknown, token?: string) =>
    fetch(`http://127.0.0.1:${service.ports.http}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });

  it('signs for a known token and nothing beyond the caller’s verbs', async () => {
    expect((await post('sign-output', payload, GATEWAY_TOKEN)).status).toBe(200);
    expect((await post('sign-output', payload, WORKER_TOKEN)).status).toBe(403);
    expect((await post('sign-checkpoint', checkpoint(9, 8), GATEWAY_TOKEN)).status).toBe(403);
    expect((await post('sign-output', payload)).status).toBe(401);
    // Who calls is asked before the body is read.
    expect((await post('sign-output', { nonsense: true })).status).toBe(401);
    const wrong = await post('sign-output', payload, 'x'.repeat(40));
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('content-type')).toContain('application/problem+json');
    expect(await wrong.json()).toMatchObject({ code: 'unauthenticated' });
  });

  it('publishes key set and OpenAPI without a token, and no private key anywhere', async () => {
    const keys = await (await fetch(`http://127.0.0.1:${service.ports.http}/v1/key-set`)).text();
    const document = await (await fetch(`http://127.0.0.1:${service.ports.http}/openapi.json`)).json();
    const metrics = await (await fetch(`http://127.0.0.1:${service.ports.health}/metrics`)).text();
    expect(document).toMatchObject({ openapi: '3.1.0' });
    for (const secret of ['11', '22', '33', '44']) {
      expect(`${keys}${metrics}${JSON.stringify(document)}`).not.toContain(secret.repeat(32));
    }
  });
});

describe('the key set', () => {
  it('keeps its version over restarts and announces a change', async () => {
    const before = await worker.call('signer', 'key-set', {});
    expect(before.keySet).toMatchObject({ sequence: 0, previous: null });
    const rotated = await publishRotated(fixture);
    expect(rotated).toMatchObject({ sequence: 1 });
    // The replaced key stays listed, so that what it signed remains verifiable (R-SIGN-5).
    const replaced = rotated.keys.find(({ kid }) => kid === 'output-1');
    expect(replaced).toMatchObject({ status: expect.stringMatching(/^(active|retiring)$/) });
    expect(Date.parse(replaced?.not_after ?? '')).toBeLessThanOrEqual(Date.now());
    const events = await rows<{ subject: string }>('SELECT subject FROM signer.outbox');
    expect(events.filter(({ subject }) => subject === 'evt.v1.signing.key-set.changed')).toHaveLength(2);
  });

  it('refuses one key for two uses', async () => {
    await expect(fixture.start({ TOUCHSTONE_CHECKPOINT_SEED_HEX: '11'.repeat(32) })).rejects.toThrow(
      /exactly one use/,
    );
  });
});

async function publishRotated(given: SignerFixture): Promise<KeySet> {
  const other = await given.start({
    MODEL_SIGNING_KEY_HEX: '55'.repeat(32),
    MODEL_SIGNING_KEY_ID: 'output-2',
  });
  const answer = (await (await fetch(`http://127.0.0.1:${other.ports.http}/v1/key-set`)).json()) as {
    keySet: KeySet;
  };
  await other.stop();
  return answer.keySet;
}

function anchorTransaction(
  change: { to?: string; value?: string } = {},
): RpcRequest<'signer', 'sign-transaction'> {
  const data = encodeFunctionData({
    abi: anchorRegistry.abi,
    functionName: 'anchor',
    args: [`0x${'ab'.repeat(32)}`, 3n],
  });
  return { key: 'anchor', transaction: { ...transaction(ANCHOR_CONTRACT, data), ...change } };
}

function settlementTransaction(): RpcRequest<'signer', 'sign-transaction'> {
  const data = encodeFunctionData({
    abi: testUsdc.abi,
    functionName: 'transferWithAuthorization',
    args: [ANCHOR_CONTRACT as Hex, ASSET as Hex, 1n, 0n, 2n, `0x${'cd'.repeat(32)}`, '0x00'],
  });
  return { key: 'settlement', transaction: transaction(ASSET, data) };
}

function transaction(to: string, data: string) {
  return {
    chainId: CHAIN_ID,
    nonce: 0,
    to,
    value: '0',
    data,
    gas: '100000',
    maxFeePerGas: '2000000000',
    maxPriorityFeePerGas: '1000000',
  };
}
