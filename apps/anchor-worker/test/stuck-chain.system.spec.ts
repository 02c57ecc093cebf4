import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnchorStuck } from '@touchstone/contracts';
import { ANCHOR_FAILURES_MAX } from '../src/domain/anchor/target-store.js';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { LetterFixture } from './support/letter-fixture.js';
import type { Replica } from './support/log-fixture.js';

/** A contract that reverts whatever it is asked. */
const REVERTING = '0x5f5ffd';

describe('a registry that reverts', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  let mesh: LetterFixture;
  let code: string;

  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
    mesh = await LetterFixture.create();
    code = await fixture.call<string>('eth_getCode', [chain.contract, 'latest']);
  });
  afterEach(async () => {
    await mend();
    await mesh.close();
    await fixture.close();
  });

  const breakRegistry = () => fixture.call('anvil_setCode', [chain.contract, REVERTING]);
  const mend = () => fixture.call('anvil_setCode', [chain.contract, code]);
  const anHourLater = () =>
    fixture.log.rows(`UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`);
  const stuck = () => fixture.log.events<AnchorStuck>('evt.v1.anchor.anchor.stuck');
  const costs = () =>
    fixture.log.rows<{ state: string; cost: string | null }>(
      'SELECT state, cost::text AS cost FROM anchors.chain_anchor ORDER BY created_at',
    );

  /** Has it fail as often as it takes, each time by a process that was started again. */
  async function failUntilStuck(): Promise<void> {
    await breakRegistry();
    for (let failure = 1; failure <= ANCHOR_FAILURES_MAX; failure += 1) {
      expect(await stuck()).toEqual([]);
      const replica = await fixture.replica();
      expect(await replica.anchoring?.run()).toBe(0);
      expect(await replica.anchoring?.run()).toBeGreaterThan(20_000);
      await replica.dataSource.destroy();
      await anHourLater();
    }
  }

  /** Nobody may be told that anything is anchored. */
  async function expectNothingAnchored(replica: Replica): Promise<void> {
    expect(await fixture.finals()).toEqual([]);
    expect(await fixture.log.rows('SELECT 1 FROM anchors.model_anchors WHERE txid IS NOT NULL')).toEqual([]);
    const reader = new PostgresAnchorReader(replica.dataSource);
    const [{ id = '' } = {}] = await fixture.log.rows<{ id: string }>(
      'SELECT anchor_id AS id FROM anchors.model_anchors LIMIT 1',
    );
    // Only anchors that failed are there, and none of them covers a batch.
    expect(await reader.anchor(id)).toBeUndefined();
  }

  it('five times leaves one letter, and a replay anchors once when it is mended', async () => {
    const first = await fixture.replica();
    await fixture.publish(first, 'a', 2);
    await failUntilStuck();
    expect(await stuck()).toEqual([
      {
        ...{ network: 'eip155:84532', kind: 'evm', checkpointSize: '1', failuresInRow: ANCHOR_FAILURES_MAX },
        ...{ reason: expect.stringContaining('the contract reverts'), at: expect.any(String) },
      },
    ]);
    await expectNothingAnchored(first);

    const replicas = [await fixture.replica(), await fixture.replica()];
    for (const replica of replicas) await mesh.start(replica, replica.stuck);
    const [letter] = await mesh.letters(1);
    expect(letter).toMatchObject({
      ...{ code: 'anchor-stuck', durable: 'anchor-worker-stuck', service: 'anchor-worker' },
      reason: expect.stringContaining('eip155:84532: the contract reverts'),
    });
    // Once past the pause.
    expect(await costs()).toEqual(Array(ANCHOR_FAILURES_MAX + 1).fill({ state: 'failed', cost: '0' }));

    const again = await mesh.replay(letter!);
    expect(again).toMatchObject({ state: 'buried-again', code: 'anchor-stuck' });
    const [second] = await mesh.letters(1);
    await expectNothingAnchored(first);
    await mend();
    const taken = await mesh.replay(second!, async () => replicas[0]!.anchoring?.run());
    expect(taken).toMatchObject({ state: 'replayed' });
    await fixture.runUntil(replicas[1]!, ...Array<string>(ANCHOR_FAILURES_MAX + 2).fill('failed'), 'final');
    expect(await fixture.finals()).toHaveLength(1);
    expect(fixture.signer.transactions).toHaveLength(1);
    expect(await stuck()).toHaveLength(1);
  }, 60_000);

  it('lets the target go on by itself, and a replay of a letter that is covered since takes it at once', async () => {
    const first = await fixture.replica();
    await fixture.publish(first, 'a');
    await failUntilStuck();
    await mesh.start(first, first.stuck);
    const [letter] = await mesh.letters(1);
    await mend();
    await anHourLater();
    await fixture.publish(first, 'b');
    await fixture.runUntil(first, ...Array<string>(ANCHOR_FAILURES_MAX + 1).fill('failed'), 'final');
    expect(await mesh.replay(letter!)).toMatchObject({ state: 'replayed' });
    expect((await fixture.finals()).map(({ checkpointSize }) => checkpointSize)).toEqual(['2']);
    expect(fixture.signer.transactions).toHaveLength(1);
    expect(await first.anchoring?.run()).toBeUndefined();
    expect(first.anchoring?.trouble).toBeUndefined();
  }, 60_000);

  it('in a block costs what the receipt says, as does one that is final; the budget counts both', async () => {
    const costPerDayMax = 10n ** 16n;
    const replica = await fixture.replica({ settings: { costPerDayMax, feePerGasMax: 10_000_000_000n } });
    await fixture.publish(replica, 'a');
    await fixture.call('evm_setAutomine', [false]);
    await fixture.runUntil(replica, 'sent');
    await breakRegistry();
    await fixture.call('evm_setAutomine', [true]);
    await fixture.call('anvil_mine', ['0x1']);
    await fixture.runUntil(replica, 'failed');
    await mend();
    await anHourLater();
    await fixture.runUntil(replica, 'failed', 'final');
    const receipts = await Promise.all(
      (await fixture.attempts()).map(({ hash }) =>
        fixture.call<{ gasUsed: string; effectiveGasPrice: string }>('eth_getTransactionReceipt', [hash]),
      ),
    );
    const paid = receipts.map(
      ({ gasUsed, effectiveGasPrice }) => BigInt(gasUsed) * BigInt(effectiveGasPrice),
    );
    const stored = await costs();
    expect(stored.map(({ state, cost }) => [state, BigInt(cost ?? -1)])).toEqual([
      ['failed', paid[0]],
      ['final', paid[1]],
    ]);
    const [network] = await new PostgresAnchorReader(replica.dataSource).networks();
    expect(network).toMatchObject({
      ...{ cost: paid[0]! + paid[1]!, finalCost: paid[1], finalLeaves: 1, byState: { failed: 1, final: 1 } },
      newestFinalAgeSeconds: expect.any(Number),
    });
    // What is left of a budget that is spent is not enough at the worst price.
    const poor = await fixture.replica({ settings: { costPerDayMax: paid[0]! + paid[1]! } });
    await fixture.publish(poor, 'b');
    await poor.anchoring?.run();
    expect(poor.anchoring?.trouble).toContain('has spent');
    expect(fixture.signer.transactions).toHaveLength(2);
    expect(await poor.anchoring?.tryNow()).toContain('has spent');
  }, 60_000);
});
