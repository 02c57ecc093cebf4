import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import type { SetUpAnnouncement, SetUpEntry } from '@touchstone/contracts/circuit';
import { callRpc, developmentNetwork } from '@touchstone/embedded';
import type { RpcClient } from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { WorkerFixture } from './support/worker-fixture.js';

const announcement: SetUpAnnouncement = {
  type: 'touchstone.zk-setup-announced.v1',
  setUpId: uuidV7(),
  modelVersionId: '0a'.repeat(32),
  descriptorHash: '0b'.repeat(32),
  constraintsSha256: '0c'.repeat(32),
  powers: { source: 'development', blake2b: '0d'.repeat(64) },
  firstKeySha256: '0e'.repeat(32),
  parties: ['one party', 'another party'],
  beacon: { network: developmentNetwork, block: '1000', iterationsLog2: 10 },
  announcedAt: '2026-11-30T12:00:00.000Z',
};
const entry: SetUpEntry = {
  type: 'touchstone.zk-setup.v1',
  modelVersionId: announcement.modelVersionId,
  vkDigest: '0f'.repeat(32),
  class: 'multi-party',
  transcript: '10'.repeat(32),
};

describe('set-ups of keys at the anchor-worker', () => {
  let fixture: WorkerFixture;
  let gateway: RpcClient;
  beforeAll(async () => {
    fixture = await WorkerFixture.create();
    await fixture.start();
    gateway = await fixture.client('inference-gateway');
  }, 60_000);
  afterAll(() => fixture.close());

  it('become entries of the log, each once, in the order in which they came (R-PLUS-6)', async () => {
    const publish = await fixture.gateway();
    for (const statement of [announcement, announcement, entry])
      await publish('evt.v1.inference.set-up.published', { statement });
    const entries = () =>
      fixture.rows<{ entry: string }>(
        `SELECT entry FROM anchors.log_entry WHERE kind = 'set-up' ORDER BY log_index`,
      );
    await waitUntil(async () => (await entries()).length === 2);
    expect((await entries()).map((row) => row.entry)).toEqual(
      [announcement, entry].map((statement) => canonicalJson(statement)),
    );
    const appended = (await fixture.events<{ entry: string }>('evt.v1.anchor.entry.appended')).map(
      (event) => event.entry,
    );
    expect(appended.filter((text) => text.includes('zk-setup'))).toHaveLength(2);
  });

  it('are closed by a block of a chain that is anchored on, once it is final', async () => {
    const { rpcUrl } = fixture.chain.anvil;
    const final = await callRpc<{ number: string; hash: string }>(rpcUrl, 'eth_getBlockByNumber', [
      ...['finalized', false],
    ]);
    const ask = (block: bigint, network: string = developmentNetwork) =>
      gateway.call('anchor-worker', 'chain-block', { network, block: block.toString() });
    const known = await ask(BigInt(final.number));
    expect(known.finalHash).toBe(final.hash.slice(2));
    expect(BigInt(known.head)).toBeGreaterThanOrEqual(BigInt(final.number));
    expect((await ask(BigInt(known.head) + 1_000_000n)).finalHash).toBeNull();
    await expect(ask(1n, 'eip155:1')).rejects.toMatchObject({ code: 'not-found' });
  });
});
