import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

describe('anchoring on an EVM chain', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
  });
  afterEach(() => fixture.close());

  it('anchors a checkpoint to a final proof that verifies offline (R-ANCHOR-7)', async () => {
    const replica = await fixture.replica();
    await fixture.publish(replica, 'a', 3);
    await fixture.runUntil(replica, 'final');
    const [final] = await fixture.finals();
    const { checkpoints } = await expectSoundLog(fixture.log);
    const result = await fixture.verify(final!, checkpoints[0]!.note);
    expect(result).toMatchObject({ ok: true, anchoredAt: { blockNumber: BigInt(final!.blockNumber!) } });
    expect(final).toMatchObject({
      kind: 'evm',
      network: 'eip155:84532',
      checkpointSize: '1',
      level: 'finalized',
    });
    const roots = await new PostgresAnchorReader(replica.dataSource).roots('model-a', {
      limit: 10,
      before: undefined,
    });
    expect(roots).toEqual([expect.objectContaining({ txid: final!.transaction, versionId: null })]);
    const block = await fixture.call<{ timestamp: string }>('eth_getBlockByNumber', [
      `0x${BigInt(final!.blockNumber!).toString(16)}`,
      false,
    ]);
    expect(roots?.[0]?.anchoredAt).toBe(Number(block.timestamp));
  });

  it('covers every batch since the last anchor by one transaction', async () => {
    const replica = await fixture.replica();
    for (const label of ['a', 'b', 'c']) await fixture.publish(replica, label);
    await fixture.runUntil(replica, 'final');
    await fixture.publish(replica, 'd');
    await fixture.runUntil(replica, 'final', 'final');
    const txids = await fixture.log.rows<{ txid: string }>(
      'SELECT txid FROM anchors.model_anchors ORDER BY log_index',
    );
    const [first, second] = await fixture.finals();
    expect(txids.map(({ txid }) => txid)).toEqual([
      ...Array<string>(3).fill(first!.transaction),
      second!.transaction,
    ]);
    expect(await replica.anchoring?.run()).toBeUndefined();
  });

  it('keeps its distance between two anchors', async () => {
    const replica = await fixture.replica({ settings: { spacingMs: 60_000 } });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'final');
    await fixture.publish(replica, 'b');
    expect(await replica.anchoring?.run()).toBeGreaterThan(50_000);
    expect(await fixture.states()).toEqual(['final']);
  });

  it('is not held up by an anchor that a wrong clock made in the future', async () => {
    const replica = await fixture.replica({ settings: { spacingMs: 60_000 } });
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'final');
    await fixture.log.rows(`UPDATE anchors.chain_anchor SET created_at = created_at + interval '10 minutes'`);
    await fixture.publish(replica, 'b');
    await fixture.runUntil(replica, 'final', 'final');
    await fixture.publish(replica, 'c');
    const waitMs = await replica.anchoring?.run();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(60_000);
  });

  it('leaves no trace on a chain in the mode synthetic', async () => {
    const replica = await fixture.log.replica({ settings: { intervalMs: 0 } });
    await fixture.publish(replica, 'a', 2);
    expect(replica.anchoring).toBeUndefined();
    const roots = await new PostgresAnchorReader(replica.dataSource).roots('model-a', {
      limit: 10,
      before: undefined,
    });
    expect(roots).toEqual([expect.objectContaining({ txid: null })]);
    expect(await fixture.finals()).toEqual([]);
    expect(await fixture.states()).toEqual([]);
  });
});
