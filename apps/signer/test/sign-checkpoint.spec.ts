import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { openWithKeys } from '@touchstone/evidence';
import { buildTree, consistencyProof, leafHash } from '@touchstone/merkle';
import type { RpcClient } from '@touchstone/nats';
import { ORIGIN, SignerFixture } from './support/signer-fixture.js';
import { checkpoint, leaves } from './support/signer-requests.js';

let fixture: SignerFixture;
let worker: RpcClient;

beforeAll(async () => {
  fixture = await SignerFixture.create();
  await fixture.start();
  worker = await fixture.client('anchor-worker');
});

afterAll(() => fixture.close());

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
    const sizes = await fixture.rows<{ size: number }>(
      'SELECT size::int FROM signer.signed_checkpoint ORDER BY 1',
    );
    expect(sizes.map(({ size }) => size)).toEqual([3, 7, 8, 9, 10, 11, 12, 13]);
  });
});
