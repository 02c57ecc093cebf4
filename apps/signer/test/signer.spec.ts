import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseTransaction, recoverTransactionAddress, type Hex } from 'viem';
import type { KeySet } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { TestService } from '@touchstone/testing/service';
import { KEY_OVERLAP_MS } from '../src/domain/merge-key-set.js';
import {
  ANCHOR_CONTRACT,
  ASSET,
  CHAIN_ID,
  GATEWAY_TOKEN,
  OTHER_ANCHOR_CONTRACT,
  OTHER_CHAIN_ID,
  SignerFixture,
  WORKER_TOKEN,
} from './support/signer-fixture.js';
import { anchorTransaction, checkpoint, payload, settlementTransaction } from './support/signer-requests.js';

let fixture: SignerFixture;
let service: TestService;
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
    const elsewhere = { chainId: OTHER_CHAIN_ID, to: OTHER_ANCHOR_CONTRACT };
    await worker.call('signer', 'sign-transaction', anchorTransaction(elsewhere));
    for (const change of [{ chainId: OTHER_CHAIN_ID }, { to: OTHER_ANCHOR_CONTRACT }, { chainId: 1 }]) {
      await expect(
        worker.call('signer', 'sign-transaction', anchorTransaction(change)),
      ).rejects.toMatchObject(refused);
    }
    const settlement = settlementTransaction();
    settlement.transaction.chainId = OTHER_CHAIN_ID;
    await expect(payments.call('signer', 'sign-transaction', settlement)).rejects.toMatchObject(refused);
    const [count] = await fixture.rows<{ refused: number }>(
      `SELECT count(*)::int AS refused FROM signer.signing_audit WHERE result = 'refused' AND operation = 'sign-transaction'`,
    );
    expect(count?.refused).toBe(8);
    expect((await payments.call('signer', 'sign-transaction', settlementTransaction())).from).toBe(
      addresses.settlement,
    );
  });
});

describe('REST', () => {
  const post = (path: string, body: unknown, token?: string) =>
    service.post(`/v1/${path}`, body, token ? { authorization: `Bearer ${token}` } : {});

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
    const keys = await (await service.get('/v1/key-set')).text();
    const document = await service.json('/openapi.json');
    const metrics = await service.metrics();
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
    // The replaced key stays listed, so that what it signed remains verifiable (R-SIGN-5), and goes on for a while.
    const replaced = rotated.keys.find(({ kid }) => kid === 'output-1');
    expect(replaced).toMatchObject({ status: 'active' });
    const leftMs = Date.parse(replaced?.not_after ?? '') - Date.now();
    expect(leftMs).toBeGreaterThan(KEY_OVERLAP_MS - 60_000);
    expect(leftMs).toBeLessThanOrEqual(KEY_OVERLAP_MS);
    // The replica that still runs with it tells of the other key at once.
    const { keySet, currentOutputKeyId } = await worker.call('signer', 'key-set', {});
    expect(keySet).toEqual(rotated);
    expect(currentOutputKeyId).toBe('output-1');
    const now = Math.floor(Date.now() / 1_000);
    const { proof } = await gateway.call('signer', 'sign-output', { ...payload, timestamp: now });
    expect(proof.keyId).toBe('output-1');
    const events = await fixture.rows<{ subject: string }>('SELECT subject FROM signer.outbox');
    expect(events.filter(({ subject }) => subject === 'evt.v1.signing.key-set.changed')).toHaveLength(2);
  });

  it('stops a replica whose output key has ended: no signature, not ready, no further start', async () => {
    const endedMs = Date.now() - 10_000;
    // As if it had been published long ago.
    for (const [member, time] of [
      ['not_before', '2020-01-01T00:00:00Z'],
      ['not_after', new Date(endedMs).toISOString()],
    ])
      await fixture.rows(
        `UPDATE signer.key_set SET body = replace(body::text,
           substring(body::text FROM '"kid": ?"output-1".*?"${member}": ?"([^"]+)"'), '${time}')::jsonb WHERE sequence = 1`,
      );
    const { keySet } = await worker.call('signer', 'key-set', {});
    expect(keySet.keys.find(({ kid }) => kid === 'output-1')).toMatchObject({
      status: 'retiring',
      not_after: new Date(endedMs).toISOString(),
    });
    const sign = (timestamp: number) => gateway.call('signer', 'sign-output', { ...payload, timestamp });
    await expect(sign(Math.ceil(endedMs / 1_000))).rejects.toMatchObject({ code: 'signing-refused' });
    // What was declared before is finished.
    expect((await sign(Math.floor(endedMs / 1_000))).proof.keyId).toBe('output-1');
    const ready = await fetch(`${service.healthUrl}/readyz?verbose`);
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('output-1 was replaced'),
    ]);
    await expect(fixture.start()).rejects.toThrow(/output-1 was replaced and ended/);
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
  const answer = await other.json<{ keySet: KeySet }>('/v1/key-set');
  await other.stop();
  return answer.keySet;
}
